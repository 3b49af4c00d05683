//! The world outside: an SMTP server that keeps what it is handed, and an HTTP gateway for text messages.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::eventually;

/// A mail as it was handed over.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: String,
    /// Header and body as they travelled.
    pub raw: String,
    /// User and password, where they were given.
    pub login: String,
}

impl Mail {
    /// A field of the header, its words decoded.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.raw.split_once("\r\n\r\n").expect("a header ends");
        let head = head.replace("\r\n ", " ");
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.map(decode_words).unwrap_or_default()
    }

    /// The body, decoded.
    pub fn text(&self) -> String {
        let (_, body) = self.raw.split_once("\r\n\r\n").expect("a header ends");
        let bytes = match self.header("Content-Transfer-Encoding").as_str() {
            "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap(),
            "quoted-printable" => unquote(&body.replace("=\r\n", "")),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).unwrap()
    }

    /// The six digits in it.
    pub fn code(&self) -> String {
        code_in(&self.text()).unwrap_or_else(|| panic!("no code in {}", self.text()))
    }
}

/// Six digits that stand alone.
pub fn code_in(text: &str) -> Option<String> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() == 6).map(str::to_owned).next()
}

fn unquote(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

/// RFC 2047, as far as base64 goes.
fn decode_words(line: &str) -> String {
    let (mut text, mut rest) = (String::new(), line.replace("?= =?utf-8?b?", "?==?utf-8?b?"));
    while let Some((before, after)) = rest.split_once("=?utf-8?b?") {
        let (word, after) = after.split_once("?=").expect("a word ends");
        text += before;
        text += &String::from_utf8(STANDARD.decode(word).unwrap()).unwrap();
        rest = after.to_owned();
    }
    text + rest.as_str()
}

/// An SMTP server.
#[derive(Clone)]
pub struct PostOffice {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    /// What is answered to the next recipients instead of 250.
    refusals: Arc<Mutex<VecDeque<String>>>,
}

impl PostOffice {
    /// Opens one.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = Self { address: listener.local_addr().unwrap(), mails: Arc::default(), refusals: Arc::default() };
        let inside = office.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = inside.clone();
                // A client that breaks off is no matter of the office.
                tokio::spawn(async move { inside.serve(stream).await.ok() });
            }
        });
        office
    }

    /// For `--smtp-url`, with `user:password@` or nothing.
    pub fn url(&self, login: &str) -> String {
        format!("smtp://{login}{}?tls=none", self.address)
    }

    /// Answers so to the next recipient.
    pub fn refuse(&self, answer: &str) {
        self.refusals.lock().unwrap().push_back(answer.to_owned());
    }

    /// Waits for the next mail to somebody and takes it out.
    pub async fn next(&self, to: &str) -> Mail {
        let there = || self.mails.lock().unwrap().iter().position(|mail| mail.to == to);
        eventually(&format!("a mail to {to}"), async || there().is_some()).await;
        let at = there().unwrap();
        self.mails.lock().unwrap().remove(at)
    }

    /// Mails that nobody took out.
    pub fn left(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut mail = Mail::default();
        let mut line = String::new();
        stream.write_all(b"220 office.test ESMTP\r\n").await?;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let (command, rest) = line.trim_end().split_once([' ', ':']).unwrap_or((line.trim_end(), ""));
            let answer = match command.to_uppercase().as_str() {
                "EHLO" => "250-office.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN".to_owned(),
                "AUTH" => {
                    let secret = STANDARD.decode(rest.trim_start_matches("PLAIN ")).unwrap_or_default();
                    mail.login = String::from_utf8_lossy(&secret).replace('\0', " ").trim().to_owned();
                    "235 come in".to_owned()
                }
                "MAIL" => {
                    mail.from = address_in(rest);
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    mail.to = address_in(rest);
                    self.refusals.lock().unwrap().pop_front().unwrap_or_else(|| "250 ok".to_owned())
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    mail.raw = data(&mut stream).await?;
                    self.mails.lock().unwrap().push(mail.clone());
                    "250 taken".to_owned()
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                "RSET" | "NOOP" => "250 ok".to_owned(),
                _ => "502 what?".to_owned(),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

fn address_in(rest: &str) -> String {
    rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("angle brackets").0.to_owned()
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.as_str() {
            "" | ".\r\n" => return Ok(text),
            line => text.push_str(line.strip_prefix('.').unwrap_or(line)),
        }
    }
}

/// A request that the gateway got.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method and path.
    pub line: String,
    /// The header, in lower case.
    pub head: String,
    /// The body as text.
    pub body: String,
}

impl Request {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// A gateway for text messages.
#[derive(Clone)]
pub struct Gateway {
    address: SocketAddr,
    requests: Arc<Mutex<VecDeque<Request>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Gateway {
    /// Opens one.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway =
            Self { address: listener.local_addr().unwrap(), requests: Arc::default(), answers: Arc::default() };
        let inside = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = inside.clone();
                tokio::spawn(async move { inside.serve(stream).await.ok() });
            }
        });
        gateway
    }

    /// An address of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next request with this status line and text, such as `500 Down`.
    pub fn answer(&self, status: &str, text: &str) {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
        self.answers.lock().unwrap().push_back(answer);
    }

    /// Waits for the next request.
    pub async fn next(&self) -> Request {
        eventually("a request to the gateway", async || !self.requests.lock().unwrap().is_empty()).await;
        self.requests.lock().unwrap().pop_front().unwrap()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut line, mut head) = (String::new(), String::new());
        stream.read_line(&mut line).await?;
        loop {
            let mut field = String::new();
            stream.read_line(&mut field).await?;
            if field.trim().is_empty() {
                break;
            }
            head.push_str(&field.to_lowercase());
        }
        let length = head.lines().find_map(|field| field.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await?;
        let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
        self.requests.lock().unwrap().push_back(Request { line, head, body: String::from_utf8(body).unwrap() });
        let answer = self.answers.lock().unwrap().pop_front();
        let usual = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned();
        stream.write_all(answer.unwrap_or(usual).as_bytes()).await
    }
}
