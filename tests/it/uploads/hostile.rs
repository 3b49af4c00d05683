//! Files that are no pictures, or damaged, or ask for too much: a clear refusal, and nothing left behind.

use image::ImageFormat;

use super::{
    bytes_at, multipart, nothing_is_left, original,
    pictures::{boastful_png, chunk, halves, moving, noise, noisy, says, segment, shown, small, talkative, written},
    taken,
};
use crate::support::{client::Answer, raw::Raw, server::Server};

const NO_PICTURE: (u16, &str) = (415, "unsupported_media");
const BAD: (u16, &str) = (422, "bad_image");

/// Name, bytes, status and code.
type Case = (&'static str, Vec<u8>, (u16, &'static str));

fn no_pictures() -> Vec<Case> {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    let table: [(&str, &[u8]); 22] = [
        ("empty.png", b""),
        ("vector.png", svg),
        ("vector.svg", svg),
        ("packed.svgz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
        ("page.jpg", html),
        ("page.xhtml", b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"/>"),
        ("data.gif", b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>"),
        ("paper.png", b"%PDF-1.7\n1 0 obj"),
        ("bitmap.png", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0"),
        ("scan.png", b"II\x2a\0\x08\0\0\0"),
        ("icon.png", b"\0\0\x01\0\x01\0\x10\x10"),
        ("archive.jpg", b"PK\x03\x04\x14\0\0\0"),
        ("program.png", b"\x7fELF\x02\x01\x01\0"),
        ("sound.webp", b"RIFF\x24\0\0\0WAVEfmt "),
        ("film.png", b"\0\0\0\x20ftypavif\0\0\0\0"),
        ("jpeg2000.jpg", b"\0\0\0\x0cjP  \r\n\x87\n"),
        ("marked.html", b"\xef\xbb\xbf<html>"),
        ("almost.gif", b"GIF88a\x01\0\x01\0"),
        ("shifted.png", b" \x89PNG\r\n\x1a\n"),
        ("unix.png", b"\x89PNG\n\x1a\n\0\0\0\rIHDR"),
        ("text.jpg", b"just words"),
        ("nul.png", b"\0\0\0\0\0\0\0\0\0\0\0\0"),
    ];
    table.into_iter().map(|(name, bytes)| (name, bytes.to_vec(), NO_PICTURE)).collect()
}

fn cut_off() -> Vec<Case> {
    let mut cases = Vec::new();
    for (format, names) in [
        (ImageFormat::Jpeg, ["head.jpg", "half.jpg", "nearly.jpg"]),
        (ImageFormat::Png, ["head.png", "half.png", "nearly.png"]),
        (ImageFormat::Gif, ["head.gif", "half.gif", "nearly.gif"]),
        (ImageFormat::WebP, ["head.webp", "half.webp", "nearly.webp"]),
    ] {
        let whole = written(noisy(60, 60), format);
        for (name, length) in names.into_iter().zip([14, whole.len() / 2, whole.len() - 2]) {
            cases.push((name, whole[..length].to_vec(), BAD));
        }
    }
    cases
}

fn bombs() -> Vec<Case> {
    let mut many_scans = written(halves(16, 16), ImageFormat::Jpeg);
    let scan = many_scans.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
    let end = many_scans.len() - 2;
    let scan = many_scans[scan..end].to_vec();
    many_scans.truncate(end);
    (0..300).for_each(|_| many_scans.extend_from_slice(&scan));
    many_scans.extend([0xff, 0xd9]);
    let frame = |marker: u8, height: u16, width: u16| {
        let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
        let frame = segment(marker, &[&[8][..], &size, &[3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]].concat());
        let scan = segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
        [&[0xff, 0xd8][..], &frame, &scan, &[0; 64], &[0xff, 0xd9]].concat()
    };
    let canvas = |side: u32| {
        let [a, b, c, _] = (side - 1).to_le_bytes();
        let body =
            [&b"VP8X\x0a\0\0\0\0\0\0\0"[..], &[a, b, c, a, b, c], b"VP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0"].concat();
        [b"RIFF", &u32::try_from(body.len() + 4).unwrap().to_le_bytes()[..], b"WEBP", &body].concat()
    };
    vec![
        ("50000.png", boastful_png(50_000, 50_000), BAD),
        ("11000.png", boastful_png(11_000, 11_000), BAD),
        ("largest.png", boastful_png(0x7fff_ffff, 0x7fff_ffff), BAD),
        ("wide.png", boastful_png(8_193, 1), BAD),
        ("many-pixels.png", boastful_png(5_001, 5_000), BAD),
        ("16000.jpg", frame(0xc0, 16_000, 16_000), BAD),
        ("65535.jpg", frame(0xc2, 65_535, 65_535), BAD),
        ("no-height.jpg", frame(0xc0, 0, 16), BAD),
        ("arithmetic.jpg", frame(0xc9, 16, 16), BAD),
        ("scans.jpg", many_scans, BAD),
        ("canvas.webp", canvas(16_384), BAD),
        ("canvas.gif", [b"GIF89a\xff\xff\xff\xff\0\0\0", &moving(1, 1, 1)[13..]].concat(), BAD),
    ]
}

fn damaged() -> Vec<Case> {
    let png = small(1);
    let with = |at: usize, value: u8| {
        let mut bytes = png.clone();
        bytes[at] ^= value;
        bytes
    };
    let data = png.windows(4).position(|four| four == b"IDAT").unwrap();
    let mut garbage = b"\x89PNG\r\n\x1a\n".to_vec();
    garbage.extend(chunk(b"IHDR", &[0, 0, 0, 9, 0, 0, 0, 9, 8, 2, 0, 0, 0]));
    garbage.extend(chunk(b"IDAT", &noise(500)));
    garbage.extend(chunk(b"IEND", b""));
    let strange = [&png[..33], &chunk(b"EVIL", b"x"), &png[33..]].concat();
    let endless = [&png[..33], &0x7fff_ffff_u32.to_be_bytes(), b"tEXt", &png[33..]].concat();
    let mut lying = written(halves(20, 20), ImageFormat::WebP);
    lying[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    vec![
        ("size-checksum.png", with(29, 1), BAD),
        ("pixels-checksum.png", with(data + 8, 0x55), BAD),
        ("color-type.png", with(25, 0xf0), BAD),
        ("noise.png", garbage, BAD),
        ("no-pixels.png", boastful_png(0, 0), BAD),
        ("unknown-part.png", strange, BAD),
        ("endless-part.png", endless, BAD),
        ("lying.webp", lying, BAD),
        ("frameless.gif", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), BAD),
        ("noise.gif", [&b"GIF89a"[..], &noise(500)].concat(), BAD),
        ("noise.jpg", [&b"\xff\xd8\xff"[..], &noise(500)].concat(), BAD),
        ("noise.webp", [&b"RIFF\xf4\x01\0\0WEBPVP8 "[..], &noise(500)].concat(), BAD),
        ("markers.jpg", [0xff; 4_000].to_vec(), NO_PICTURE),
        ("starts.jpg", [0xff, 0xd8].repeat(2_000), BAD),
        ("two-ends.jpg", b"\xff\xd8\xff\xd9\xff\xd9".to_vec(), BAD),
    ]
}

#[tokio::test]
async fn hostile_files_are_refused_clearly_and_leave_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let corpus = [no_pictures(), cut_off(), bombs(), damaged()].concat();
    assert!(corpus.len() >= 60);
    for (name, bytes, (status, code)) in corpus {
        for answer in [ann.upload(name, &bytes).await, original(&ann, &bytes).await] {
            assert_eq!((answer.status, answer["code"].as_str()), (status, Some(code)), "{name}: {}", answer.body);
            assert!(answer["detail"].as_str().unwrap().ends_with('.'), "{name}: {}", answer.body);
        }
        nothing_is_left(&server, name);
        ann.get("me").await.is(200);
    }
    taken(&ann, "good.png", &small(1)).await;
}

#[tokio::test]
async fn random_bytes_behind_each_magic_do_no_harm() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let noise = noise(40_000);
    for magic in [&b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP"] {
        for part in noise.chunks(400).take(25) {
            ann.upload("fuzz", &[magic, part].concat()).await.refuses(422, "bad_image");
        }
    }
    nothing_is_left(&server, "noise");
}

#[tokio::test]
async fn what_is_two_things_at_once_comes_out_as_a_picture_alone() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let gif = moving(8, 8, 3);
    let script = [&gif[..gif.len() - 1], b"\x21\xfe\x16<script>secret</script\0;"].concat();
    let clean = written(halves(30, 30), ImageFormat::Png);
    let bomb =
        [&clean[..33], &chunk(b"iCCP", b"secret\0\0x\x9c"), &chunk(b"tEXt", b"secret\0<html>"), &clean[33..]].concat();
    let table = [
        ("gif+jar", [&gif[..], b"PK\x03\x04secret"].concat()),
        ("gif comment", script),
        ("png+html", [&clean[..], b"<html>secret"].concat()),
        ("png with a profile and texts", bomb),
        ("jpeg+script", [&written(halves(30, 30), ImageFormat::Jpeg)[..], b"*/=1;alert('secret')"].concat()),
        ("jpeg with everything", talkative(1)),
        ("webp+zip", [&written(halves(30, 30), ImageFormat::WebP)[..], b"PK\x03\x04secret"].concat()),
    ];
    for (what, bytes) in table {
        assert!(says(&bytes, "secret"));
        for answer in [ann.upload("x.png", &bytes).await, original(&ann, &bytes).await] {
            let upload = &answer.is(201)["upload"].clone();
            let stored = bytes_at(&ann, &upload["url"]).await;
            assert!(!says(&stored, "secret"), "{what}: {upload}");
            shown(&stored);
        }
    }
}

#[tokio::test]
async fn a_files_name_is_only_a_name() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let long = "x".repeat(5_000);
    let table = [
        ("../../etc/passwd", "passwd.webp"),
        ("..%2f..%2fx.png", "%2f..%2fx.webp"),
        ("C:\\\\Windows\\\\system32\\\\x.exe", "x.webp"),
        ("a\u{202e}gpj.exe", "agpj.webp"),
        ("-rf.png", "rf.webp"),
        (".htaccess", "htaccess.webp"),
        ("CON", "CON.webp"),
        ("", "image.webp"),
        ("猫 und Maus.png", "猫 und Maus.webp"),
        (&long, &format!("{}.webp", "x".repeat(95))),
    ];
    for (given, shown) in table {
        let upload = taken(&ann, given, &small(1)).await;
        assert_eq!(upload["name"], *shown, "{given:?}");
        let answer = ann.get(&format!("{}?download=1", upload["url"].as_str().unwrap())).await.is(200);
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\""), "{disposition}");
        assert!(disposition.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{disposition}");
    }
    let upload = taken(&ann, "猫\\\"; x=\\\"y.png", &small(1)).await;
    let answer = ann.get(&format!("{}?download=1", upload["url"].as_str().unwrap())).await.is(200);
    assert_eq!(answer.header("content-disposition").matches('"').count(), 2, "a quote cannot end the name");
    assert!(super::files(&server).iter().all(|path| !path.contains("passwd") && !path.contains("..")));
}

#[tokio::test]
async fn bodies_that_are_no_form_with_one_file_are_refused() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &small(1));
    let send = |kind: &str, body: Vec<u8>| {
        let request = ann.request(reqwest::Method::POST, "uploads").header("content-type", kind).body(body);
        Answer::to(request)
    };
    for (kind, body) in [("application/json", b"{}".to_vec()), ("image/png", small(1))] {
        let answer = send(kind, body).await.refuses(415, "unsupported_media");
        assert!(answer["detail"].as_str().unwrap().contains("multipart/form-data"), "{}", answer.body);
    }
    send("multipart/form-data", body.clone()).await.any_of(&[400, 415]);
    send(&kind, body[..body.len() / 2].to_vec()).await.is(400);
    send(&kind, b"nonsense".to_vec()).await.is(400);
    send(&kind, Vec::new()).await.any_of(&[400, 422]);
    let two = [&body[..body.len() - 4], b"\r\n", &body[..]].concat();
    send(&kind, two).await.is(400);
    let (kind, other) = multipart(&[("other", "x"); 40], "a.png", &small(1));
    send(&kind, other).await.is(400);
    let packed = ann.request(reqwest::Method::POST, "uploads").header("content-type", &kind);
    Answer::to(packed.header("content-encoding", "gzip").body(body)).await.refuses(415, "unsupported_media");
    nothing_is_left(&server, "bodies that are no forms");
}

#[tokio::test]
async fn an_upload_from_another_site_or_from_nobody_is_refused() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &small(1));
    let foreign = ann.bare(reqwest::Method::POST, "uploads").header("origin", "https://evil.example");
    Answer::to(foreign.header("content-type", &kind).body(body.clone())).await.is(403);
    let nobody = server.guest();
    Answer::to(nobody.request(reqwest::Method::POST, "uploads").header("content-type", &kind).body(body)).await.is(401);
    nothing_is_left(&server, "strangers");
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_leaves_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &written(noisy(300, 300), ImageFormat::Png));
    let mut slow = Raw::to(server.site()).await;
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        server.site().address(),
        server.site().origin(),
        ann.cookies(),
        body.len()
    );
    slow.send(head).await;
    slow.send(&body[..100_000]).await;
    ann.get("me").await.is(200);
    let answer = String::from_utf8_lossy(&slow.rest().await).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    nothing_is_left(&server, "a slow body");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let (kind, body) = multipart(&[], "a.png", &written(noisy(300, 300), ImageFormat::Png));
    let mut gone = Raw::to(server.site()).await;
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        server.site().address(),
        server.site().origin(),
        ann.cookies(),
        body.len()
    );
    gone.send(head).await;
    gone.send(&body[..200_000]).await;
    crate::support::eventually("the upload begins", async || !super::files(&server).is_empty()).await;
    drop(gone);
    crate::support::eventually("its file goes", async || super::files(&server).is_empty()).await;
    nothing_is_left(&server, "a client that went away");
}

#[tokio::test]
async fn a_picture_whose_last_byte_came_is_stored_whoever_waits_for_the_answer() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let picture = written(noisy(1_500, 1_500), ImageFormat::Png);
    let (kind, body) = multipart(&[], "a.png", &picture);
    let mut gone = Raw::to(server.site()).await;
    let head = format!(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        server.site().address(),
        server.site().origin(),
        ann.cookies(),
        body.len()
    );
    gone.send(head).await;
    gone.send(&body).await;
    let length = |path: &String| std::fs::metadata(path).map_or(0, |found| found.len());
    let received = async || super::files(&server).iter().any(|path| length(path) == picture.len() as u64);
    crate::support::eventually("all of it is there", async || received().await || super::rows(&server, "blobs") == 1)
        .await;
    gone.reset();
    crate::support::eventually("it is stored", async || super::rows(&server, "uploads") == 1).await;
    crate::support::eventually("and nothing else", async || super::files(&server).len() == 2).await;
}
