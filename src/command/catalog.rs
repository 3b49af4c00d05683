//! The list of commands.

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Lists the commands.
    Help,
    /// Tells the weather.
    Weather,
    /// Posts a joke.
    Joke,
    /// Nothing: the message itself is written in another way.
    Say,
    /// Changes the caller's name.
    Nick,
    /// Shows or changes the room's topic.
    Topic,
    /// Adds people to the room.
    Invite,
    /// Silences somebody in the room.
    Mute,
    /// Says that the caller is not there.
    Away,
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// In English, and in the keys of its words.
    pub name: &'static str,
    /// In Chinese.
    pub chinese: &'static str,
    /// What it does.
    pub does: Does,
    /// Everybody in the room sees what comes of it.
    pub posts: bool,
}

const fn command(name: &'static str, chinese: &'static str, does: Does, posts: bool) -> Command {
    Command { name, chinese, does, posts }
}

/// All of them, in the order of the help.
pub const ALL: &[Command] = &[
    command("help", "帮助", Does::Help, false),
    command("weather", "天气", Does::Weather, false),
    command("joke", "笑话", Does::Joke, true),
    command("me", "我", Does::Say, true),
    command("nick", "昵称", Does::Nick, false),
    command("topic", "话题", Does::Topic, false),
    command("invite", "邀请", Does::Invite, false),
    command("mute", "禁言", Does::Mute, false),
    command("away", "离开", Does::Away, false),
];

impl Command {
    /// Is this one of its names? Lower case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.chinese == name
    }
}

/// The command that is written most like this, if one is near enough.
pub fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a Command>) -> Option<&'a str> {
    let names = among.flat_map(|command| [command.name, command.chinese]);
    let near = names.map(|known| (strsim::damerau_levenshtein(name, known), known)).min()?;
    // Half of a short name would be anything.
    let most = (near.1.chars().count() / 2).max(1);
    (near.0 <= most && near.0 < near.1.chars().count()).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_right_is_offered_and_what_is_not_is_not() {
        for (given, offered) in [
            ("wether", Some("weather")),
            ("jokes", Some("joke")),
            ("mut", Some("mute")),
            ("天汽", Some("天气")),
            ("frobnicate", None),
            ("x", None),
        ] {
            assert_eq!(nearest(given, ALL.iter()), offered, "{given}");
        }
    }
}
