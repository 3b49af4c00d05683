//! What is made of a good picture.

use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::json;

use super::{
    BUDGET, bytes_at, files, original,
    pictures::{clear_below, halves, moving, moving_png, moving_webp, noisy, says, shown, small, talkative, written},
    rows, taken,
};
use crate::support::{client::Answer, server::Server};

#[tokio::test]
async fn a_photograph_is_taken_and_served_with_what_is_said_of_it() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let photo = RgbImage::from_fn(900, 600, |x, y| Rgb([(x / 4) as u8, (y / 3) as u8, ((x + y) / 6) as u8]));
    let upload = taken(&ann, "my cat.png", &written(photo, ImageFormat::Jpeg)).await;
    let id = upload["id"].as_str().unwrap();
    assert_eq!(id.len(), 22);
    assert_eq!(upload["url"], format!("/media/{id}.jpg"));
    assert_eq!(upload["thumb_url"], format!("/media/{id}-t.jpg"));
    assert_eq!((&upload["mime"], &upload["name"]), (&json!("image/jpeg"), &json!("my cat.jpg")));
    assert_eq!((&upload["width"], &upload["height"], &upload["animated"]), (&json!(900), &json!(600), &json!(false)));
    let color = upload["color"].as_str().unwrap();
    assert!(color.len() == 7 && color.starts_with('#'), "{color}");
    let bytes = bytes_at(&ann, &upload["url"]).await;
    assert_eq!(upload["bytes"], bytes.len());
    let image = shown(&bytes);
    assert_eq!((image.width(), image.height()), (900, 600));
    let thumb = bytes_at(&ann, &upload["thumb_url"]).await;
    assert!(thumb.len() <= 24 * 1024 && shown(&thumb).width() == 360);
    assert_eq!(files(&server).len(), 2, "the picture and the small one, nothing else");
}

#[tokio::test]
async fn twelve_megabytes_of_noise_become_two_hundred_kibibytes() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let noise = written(noisy(2_000, 2_000), ImageFormat::Png);
    assert!(noise.len() > 12_000_000);
    let upload = taken(&ann, "noise.png", &noise).await;
    let bytes = bytes_at(&ann, &upload["url"]).await;
    assert!(bytes.len() as i64 <= BUDGET && bytes.len() as i64 > BUDGET / 2, "{}", bytes.len());
    assert_eq!(shown(&bytes).width(), u32::try_from(upload["width"].as_i64().unwrap()).unwrap());
}

#[tokio::test]
async fn the_budget_is_a_setting() {
    let server = Server::setup().flag(&["--image-budget", "30000"]).start();
    let ann = server.member("ann").await;
    let upload = taken(&ann, "noise.png", &written(noisy(400, 400), ImageFormat::Png)).await;
    assert!(upload["bytes"].as_i64().unwrap() <= 30_000, "{upload}");
}

#[tokio::test]
async fn a_photograph_tells_nothing_but_its_pixels_and_stands_upright() {
    let server = Server::start();
    let ann = server.member("ann").await;
    // Where the red half must be: left, right, above, below.
    for (orientation, (x, y), size) in
        [(1, (4, 16), (64, 32)), (3, (60, 16), (64, 32)), (6, (16, 4), (32, 64)), (8, (16, 60), (32, 64))]
    {
        let file = talkative(orientation);
        assert!(says(&file, "GPS") && says(&file, "secret"));
        let reduced = taken(&ann, "p.jpg", &file).await;
        let kept = original(&ann, &file).await.is(201)["upload"].clone();
        for upload in [&reduced, &kept] {
            let bytes = bytes_at(&ann, &upload["url"]).await;
            assert!(!says(&bytes, "GPS") && !says(&bytes, "secret"), "orientation {orientation}: {upload}");
            assert_eq!((&upload["width"], &upload["height"]), (&json!(size.0), &json!(size.1)));
            for url in ["url", "thumb_url"] {
                let image = shown(&bytes_at(&ann, &upload[url]).await).to_rgb8();
                assert_eq!((image.width(), image.height()), size);
                let red = image.get_pixel(x, y);
                assert!(red[0] > 150 && red[2] < 100, "orientation {orientation}, {url}: {red:?}");
            }
        }
        assert!(!says(&bytes_at(&ann, &reduced["url"]).await, "Exif"));
    }
}

#[tokio::test]
async fn an_original_keeps_every_pixel_and_loses_its_tail() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for (format, ext) in
        [(ImageFormat::Jpeg, "jpg"), (ImageFormat::Png, "png"), (ImageFormat::Gif, "gif"), (ImageFormat::WebP, "webp")]
    {
        let clean = written(halves(48, 32), format);
        let upload = original(&ann, &[&clean[..], b"<html>secret</html>"].concat()).await.is(201)["upload"].clone();
        assert!(upload["url"].as_str().unwrap().ends_with(&format!(".{ext}")), "{upload}");
        let bytes = bytes_at(&ann, &upload["url"]).await;
        assert!(!says(&bytes, "secret"));
        assert_eq!(shown(&bytes).to_rgb8(), shown(&clean).to_rgb8(), "{ext}");
    }
    let large = written(noisy(1_000, 1_000), ImageFormat::Png);
    let upload = original(&ann, &large).await.is(201)["upload"].clone();
    assert!(upload["bytes"].as_i64().unwrap() > 10 * BUDGET, "{upload}");
    original(&ann, &written(noisy(1_500, 1_500), ImageFormat::Png)).await.refuses(413, "too_large");
}

#[tokio::test]
async fn originals_are_kept_only_where_the_site_wants_them() {
    let server = Server::setup().flag(&["--original-max-bytes", "0"]).start();
    let ann = server.member("ann").await;
    original(&ann, &small(1)).await.refuses(403, "forbidden");
    assert_eq!(files(&server), Vec::<String>::new());
}

#[tokio::test]
async fn a_gif_moves_where_it_fits_and_else_shows_its_first_frame() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let short = taken(&ann, "wave.gif", &moving(120, 80, 20)).await;
    assert_eq!((&short["animated"], &short["mime"]), (&json!(true), &json!("image/gif")));
    let frames = image::AnimationDecoder::into_frames(
        image::codecs::gif::GifDecoder::new(std::io::Cursor::new(bytes_at(&ann, &short["url"]).await)).unwrap(),
    );
    assert_eq!(frames.collect_frames().unwrap().len(), 20);
    let still = shown(&bytes_at(&ann, &short["thumb_url"]).await).to_rgb8();
    assert!(still.get_pixel(60, 40)[0] > 200, "the small one is the first frame");
    for (what, gif) in
        [("ten thousand frames", moving(1, 1, 10_000)), ("a hundred megapixels", moving(2_000, 2_000, 25))]
    {
        let upload = taken(&ann, "long.gif", &gif).await;
        assert_eq!(upload["animated"], false, "{what}");
        assert_ne!(upload["mime"], "image/gif", "{what}");
    }
    original(&ann, &moving(1, 1, 10_000)).await.refuses(422, "bad_image");
    let mut small_canvas = moving(2_000, 2_000, 13);
    small_canvas[6..10].copy_from_slice(&[1, 0, 1, 0]);
    original(&ann, &small_canvas).await.refuses(422, "bad_image");
}

#[tokio::test]
async fn of_other_pictures_that_move_the_first_frame_is_shown() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for (name, file) in [("wave.png", moving_png()), ("wave.webp", moving_webp())] {
        let upload = taken(&ann, name, &file).await;
        assert_eq!((&upload["animated"], &upload["width"]), (&json!(false), &json!(40)), "{name}: {upload}");
        for url in ["url", "thumb_url"] {
            let image = shown(&bytes_at(&ann, &upload[url]).await).to_rgb8();
            let Rgb([red, _, blue]) = *image.get_pixel(20, 15);
            assert!(red > 200 && blue < 60, "{name} shows {red} and {blue}");
        }
    }
}

#[tokio::test]
async fn what_one_could_see_through_stays_so_and_an_idle_alpha_channel_goes() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let mut hazy = RgbaImage::from_fn(400, 400, |x, y| Rgba([0, 0, 0, if y < 200 { 255 } else { (x % 200) as u8 }]));
    for (pixel, value) in hazy.pixels_mut().zip(noisy(400, 400).pixels()) {
        pixel.0[..3].copy_from_slice(&value.0);
    }
    for image in [clear_below(200), hazy] {
        let upload = taken(&ann, "logo.png", &written(image, ImageFormat::Png)).await;
        assert!(upload["bytes"].as_i64().unwrap() <= BUDGET);
        for url in ["url", "thumb_url"] {
            let file = bytes_at(&ann, &upload[url]).await;
            let image = shown(&file).to_rgba8();
            assert!(image.get_pixel(1, 1)[3] > 200 && image.get_pixel(0, image.height() - 1)[3] < 60, "{upload}");
        }
    }
    let mut opaque = clear_below(700);
    for (pixel, value) in opaque.pixels_mut().zip(noisy(700, 700).pixels()) {
        pixel.0 = [value[0], value[1], value[2], 255];
    }
    assert_eq!(taken(&ann, "o.png", &written(opaque, ImageFormat::Png)).await["mime"], "image/jpeg");
}

#[tokio::test]
async fn unusual_but_honest_pictures_are_taken() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let gray16 = image::ImageBuffer::from_fn(40, 40, |x, y| image::Luma([(x * y * 40) as u16]));
    let table = [
        ("16 bits gray", written(image::DynamicImage::ImageLuma16(gray16), ImageFormat::Png)),
        ("gray JPEG", written(image::DynamicImage::ImageRgb8(halves(40, 40)).to_luma8(), ImageFormat::Jpeg)),
        (
            "gray with alpha",
            written(image::DynamicImage::ImageRgba8(clear_below(40)).to_luma_alpha8(), ImageFormat::Png),
        ),
        ("one pixel", written(halves(1, 1), ImageFormat::Png)),
        ("a line", written(noisy(4_000, 1), ImageFormat::Png)),
        ("a WebP", written(halves(40, 40), ImageFormat::WebP)),
    ];
    for (what, bytes) in table {
        let answer = ann.upload("x.png", &bytes).await;
        assert_eq!(answer.status, 201, "{what}: {}", answer.body);
        shown(&bytes_at(&ann, &answer["upload"]["url"]).await);
    }
}

#[tokio::test]
async fn the_same_file_of_the_same_person_is_stored_once() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let picture = small(1);
    let first = taken(&ann, "a.png", &picture).await;
    let second = taken(&ann, "b.png", &picture).await;
    assert_ne!(first["id"], second["id"], "each use has its own name");
    assert_eq!((&first["name"], &second["name"]), (&json!("a.webp"), &json!("b.webp")));
    assert_eq!((rows(&server, "blobs"), files(&server).len()), (1, 2));
    original(&ann, &picture).await.is(201);
    assert_eq!(rows(&server, "blobs"), 2, "kept in another way it is another file");
    taken(&bob, "a.png", &picture).await;
    assert_eq!(rows(&server, "blobs"), 3, "what another has is not shared, nor told");
    ann.delete(&format!("uploads/{}", first["id"].as_str().unwrap())).await.is(204);
    assert_eq!(bytes_at(&ann, &second["url"]).await, bytes_at(&ann, &second["url"]).await, "the other use stands");
}

#[tokio::test]
async fn the_same_file_sent_many_times_at_once_is_stored_once() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let picture = written(noisy(300, 300), ImageFormat::Png);
    let answers: Vec<Answer> = futures_util::future::join_all((0..6).map(|_| ann.upload("a.png", &picture))).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!((rows(&server, "blobs"), rows(&server, "uploads"), files(&server).len()), (1, 6, 2));
}
