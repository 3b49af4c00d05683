//! Pictures to send, made without a picture library: the server's own would hide what it gets wrong.

use std::io::Write as _;

use flate2::{Compression, Crc, write::ZlibEncoder};
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;

use super::{
    client::{Answer, Guest, Member},
    fresh_id,
};

/// A PNG of one colour: 8 bits a channel, no filter.
pub fn png(width: u32, height: u32, color: [u8; 3]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let line: Vec<u8> = [0].into_iter().chain(color.into_iter().cycle().take(width as usize * 3)).collect();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..height {
        pixels.write_all(&line).unwrap();
    }
    for (kind, data) in [(b"IHDR", header), (b"IDAT", pixels.finish().unwrap()), (b"IEND", Vec::new())] {
        let body = [kind.as_slice(), &data].concat();
        let mut sum = Crc::new();
        sum.update(&body);
        file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        file.extend(body);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}

/// A body of one file, as a browser sends it; `fields` stand before it.
pub fn multipart(fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let boundary = "----WebKitFormBoundaryq2ZVb1sW8mN4xYtR";
    let mut body = Vec::new();
    for (field, value) in fields {
        let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A request with a file.
pub fn sending(guest: &Guest, method: Method, path: &str, name: &str, bytes: &[u8]) -> RequestBuilder {
    let (kind, body) = multipart(&[], name, bytes);
    guest.request(method, path).header(CONTENT_TYPE, kind).body(body)
}

impl Guest {
    /// Sends a form with files as a page does without JavaScript, the fields first; a file without a name is a field left empty.
    pub async fn submit_files(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        self.submit_files_as("file", path, fields, files).await
    }

    /// The same with another name for the files' field.
    pub async fn submit_files_as(
        &self,
        name_of_files: &str,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Answer {
        let boundary = "a-boundary-that-no-picture-has";
        let mut body = Vec::new();
        for (field, value) in fields {
            let disposition = format!("content-disposition: form-data; name=\"{field}\"");
            body.extend(format!("--{boundary}\r\n{disposition}\r\n\r\n{value}\r\n").bytes());
        }
        for (name, bytes) in files {
            let disposition = format!("content-disposition: form-data; name=\"{name_of_files}\"; filename=\"{name}\"");
            let head = format!("--{boundary}\r\n{disposition}\r\ncontent-type: application/octet-stream\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(format!("--{boundary}--\r\n").bytes());
        let request = self.request(Method::POST, path);
        Answer::to(request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}")).body(body)).await
    }
}

impl Member {
    /// Uploads bytes under a name.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Answer {
        Answer::to(sending(self, Method::POST, "uploads", name, bytes)).await
    }

    /// Uploads a picture that no other upload of this run has; what the server says of it.
    pub async fn picture(&self) -> Value {
        let number = fresh_id().bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let [_, red, green, blue] = number.to_be_bytes();
        let name = format!("{red}-{green}-{blue}.png");
        self.upload(&name, &png(32, 24, [red, green, blue])).await.is(201)["upload"].clone()
    }
}
