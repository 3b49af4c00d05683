//! A form with the words and the picture of an announcement, by page or by request.

use actix_web::{HttpRequest, web};

use crate::{
    announcement::{
        acts::{self, Replacing},
        content::Words,
        store::Version,
    },
    error::AppResult,
    id::{AnnouncementId, UserId},
    upload::{
        UploadDesk,
        image::process::Mode,
        intake,
        receive::{self, Received},
        turnstile::{Turn, Uploader},
    },
};

/// What was sent.
pub struct DraftForm {
    /// As typed.
    pub words: Words,
    /// The draft that is to be changed; a new one is made without.
    pub draft: Option<AnnouncementId>,
    file: AppResult<Option<Received>>,
    turn: Turn,
}

impl DraftForm {
    /// Receives a form of type `multipart/form-data`.
    ///
    /// # Errors
    /// As for [`receive::form`]; too many at once.
    pub async fn receive(
        desk: &UploadDesk,
        owner: UserId,
        req: &HttpRequest,
        payload: web::Payload,
    ) -> AppResult<Self> {
        let turn = desk.turnstile.admit(Uploader::Person(owner))?;
        let mut form = receive::form(&desk.files, desk.rules().upload_bytes, 1, req, payload).await?;
        let file = form.take_file();
        let mut take = |name: &str| form.texts.remove(name).unwrap_or_default();
        let words = Words {
            title: take("title"),
            text: take("text"),
            alt: take("alt"),
            background: matches!(take("background").as_str(), "1" | "on" | "true"),
        };
        let draft = take("draft").parse().ok().map(AnnouncementId);
        Ok(Self { words, draft, file, turn })
    }

    /// Is there a picture, or one that was refused?
    pub fn has_file(&self) -> bool {
        !matches!(self.file, Ok(None))
    }

    /// Takes the picture in and stores the draft.
    ///
    /// # Errors
    /// Whatever is wrong with the words or the picture; then nothing is stored.
    pub async fn store(self, desk: web::Data<UploadDesk>, owner: UserId) -> AppResult<Version> {
        let Self { words, draft, file, turn } = self;
        // Before the picture: reading one is work.
        let words = words.check()?;
        let file = file?;
        let store = async move {
            let picture = match file {
                Some(file) => Replacing::By(take_in(&desk, owner, file).await?),
                None => Replacing::Nothing,
            };
            let stored = draft_or_revise(&desk, owner, draft, words, picture.clone()).await;
            if let (Err(_), Replacing::By(upload)) = (&stored, picture) {
                intake::take_back(&desk, owner, &[upload]).await.map(drop).unwrap_or_else(|error| error.log());
            }
            desk.sweeper.notify_one();
            stored
        };
        turn.to_the_end(store).await
    }
}

async fn take_in(desk: &UploadDesk, owner: UserId, file: Received) -> AppResult<String> {
    desk.turnstile.count(Uploader::Person(owner))?;
    let mode = Mode::Budget(desk.rules().image_budget);
    Ok(intake::take_in(desk, owner, file, mode).await?.id)
}

async fn draft_or_revise(
    desk: &UploadDesk,
    owner: UserId,
    draft: Option<AnnouncementId>,
    words: Words,
    picture: Replacing,
) -> AppResult<Version> {
    let work = move |conn: &mut crate::db::connection::AnyConnection| match draft {
        Some(id) => acts::revise(conn, owner, id, &words, &picture),
        None => acts::draft(conn, owner, &words, &picture),
    };
    desk.accounts.db.ordered(work).await
}
