//! What a client reads, however much of it the kernel takes at once, and whoever writes it.

use std::{convert::Infallible, future::poll_fn, task::ready};

use actix_http::ws::{OpCode, Parser};
use actix_web::{
    body::{BodyStream, to_bytes},
    rt::net::{TcpListener, TcpStream},
    web::{Buf as _, BytesMut},
};
use futures_util::{future::select, stream};
use proptest::prelude::*;
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWrite},
    net::TcpSocket,
    sync::mpsc,
    time::timeout,
};

use super::*;
use crate::web::tcp::Tcp;

/// What is written if there is no connection to write to at once.
async fn told(outbox: &Rc<Outbox>, actor: impl MessageBody + 'static) -> Bytes {
    to_bytes(Outflow::new(outbox.clone(), actor)).await.expect("is told")
}

#[actix_web::test]
async fn hello_comes_first_and_the_actors_last_word_last() {
    let outbox = Outbox::new(None);
    let say = |text: &'static str| outbox.send(&[ByteString::from_static(text).into()]);
    say("later");
    outbox.open("hello".into());
    say("more");
    say("and");
    outbox.end();
    say("never");
    assert_eq!(told(&outbox, "bye").await, &b"\x81\x05hello\x81\x05later\x81\x04more\x81\x03andbye"[..]);
}

/// Both ends of a connection, between which the kernel keeps little.
async fn connected() -> (TcpStream, Tcp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let client = TcpSocket::new_v4().expect("a socket");
    client.set_recv_buffer_size(4_096).expect("is set");
    // A window that is smaller than a segment would be filled five times a second.
    SockRef::from(&client).set_tcp_mss(536).expect("is set");
    let address = listener.local_addr().expect("it listens");
    let (client, accepted) = tokio::join!(client.connect(address), listener.accept());
    let (accepted, _) = accepted.expect("it came");
    SockRef::from(&accepted).set_send_buffer_size(4_096).expect("is set");
    (client.expect("it connected"), Tcp::new(accepted))
}

#[actix_web::test]
async fn who_takes_nothing_is_cut_when_too_much_waits_and_not_before() {
    let (_client, connection) = connected().await;
    let outbox = Outbox::new(Some(connection.handle()));
    outbox.open("hello".into());
    // Nothing is written past actix-http, which has `hello` to write first.
    let large: ByteString = "x".repeat(BYTES / 4).into();
    for _ in 0..3 {
        outbox.send(&[large.clone().into()]);
    }
    assert!(!connection.handle().is_gone());
    outbox.send(&[large.into()]);
    assert!(connection.handle().is_gone());
}

#[actix_web::test]
async fn who_asks_for_too_much_before_hello_is_not_let_in() {
    let (_client, connection) = connected().await;
    let outbox = Outbox::new(Some(connection.handle()));
    let large: ByteString = "x".repeat(BYTES).into();
    // A frame is a head longer than its text.
    for _ in 1..HELD / BYTES {
        outbox.send(&[large.clone().into()]);
    }
    assert!(!connection.handle().is_gone());
    outbox.send(&[large.into()]);
    assert!(connection.handle().is_gone());
}

/// A connection that is stuck polls nothing, and what is left would be kept for as long as it is.
#[actix_web::test]
async fn who_leaves_is_gone_in_a_while_though_nobody_polls_what_is_left() {
    let ((mut client, connection), mut heard) = (connected().await, Vec::new());
    let outbox = Outbox::new(Some(connection.handle()));
    outbox.open("hello".into());
    outbox.leave();
    let ended = timeout(4 * GOODBYE, client.read_to_end(&mut heard)).await;
    assert_eq!(ended.expect("it ends").expect("without an error"), 0);
    drop(connection);
}

#[actix_web::test]
async fn what_is_long_comes_whole_in_pieces() {
    let outbox = Outbox::new(None);
    let text: ByteString = "parlor ".repeat(3_000).into();
    outbox.open(text.clone());
    let mut body = Outflow::new(outbox.clone(), ());
    let cx = &mut Context::from_waker(Waker::noop());
    let mut heard = Vec::new();
    loop {
        match Pin::new(&mut body).poll_next(cx) {
            Poll::Ready(Some(Ok(piece))) => {
                assert!(piece.len() <= PIECE);
                heard.extend(piece);
            }
            Poll::Pending => panic!("there is no connection to wait for"),
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(error))) => panic!("{error}"),
        }
    }
    assert!(heard.ends_with(text.as_bytes()) && heard.len() == text.len() + 4);
}

/// What may happen to a socket while its client reads.
#[derive(Debug, Clone)]
enum Step {
    /// The hub sends parcels of so many frames, each so long.
    Send(Vec<Vec<usize>>),
    /// The actor answers a ping.
    Pong,
    /// The connection's task gets a turn.
    Turn,
    /// The client reads at most so much.
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let parcel = || prop::collection::vec(1..800_usize, 1..3);
    prop_oneof![
        4 => prop::collection::vec(parcel(), 1..3).prop_map(Step::Send),
        1 => Just(Step::Pong),
        2 => Just(Step::Turn),
        2 => (1..20_000_usize).prop_map(Step::Read),
    ]
}

/// A connection's task as actix-http has it: it writes what the body gives, and begins with the head of the answer.
struct Task<B> {
    tcp: Tcp,
    body: Pin<Box<B>>,
    unwritten: BytesMut,
}

impl<B: MessageBody<Error = Box<dyn std::error::Error>>> Task<B> {
    fn turn(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(piece)) = self.body.as_mut().poll_next(cx) {
            self.unwritten.extend_from_slice(&piece.expect("is told"));
        }
        let _ = self.write(cx);
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.unwritten.is_empty() {
            let written = ready!(Pin::new(&mut self.tcp).poll_write(cx, &self.unwritten)).expect("it lives");
            self.unwritten.advance(written);
        }
        Pin::new(&mut self.tcp).poll_flush(cx).map(|flushed| flushed.expect("it lives"))
    }
}

const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

/// The frames that a client reads when all of this has happened, pongs as nothing.
async fn heard(steps: Vec<Step>) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let (mut client, tcp) = connected().await;
    let outbox = Outbox::new(Some(tcp.handle()));
    let (actor, mut said) = mpsc::unbounded_channel();
    let said = stream::poll_fn(move |cx| said.poll_recv(cx).map(|said| said.map(Ok::<Bytes, Infallible>)));
    let body = Box::pin(Outflow::new(outbox.clone(), BodyStream::new(said)));
    let mut task = Task { tcp, body, unwritten: BytesMut::from(HEAD) };
    let (mut bytes, mut told) = (BytesMut::new(), vec![Some("hello".to_owned())]);
    outbox.open("hello".into());
    for step in steps {
        match step {
            Step::Send(parcels) => {
                let mut text = |length: usize| {
                    let text = format!("{} {}", told.len(), "x".repeat(length));
                    told.push(Some(text.clone()));
                    ByteString::from(text)
                };
                let parcels: Vec<Parcel> =
                    parcels.into_iter().map(|lengths| lengths.into_iter().map(&mut text).collect()).collect();
                outbox.send(&parcels);
            }
            Step::Pong => {
                let mut pong = BytesMut::new();
                Parser::write_message(&mut pong, "", OpCode::Pong, true, false);
                actor.send(pong.freeze()).expect("is heard");
                told.push(None);
            }
            Step::Turn => {
                poll_fn(|cx| {
                    task.turn(cx);
                    Poll::Ready(())
                })
                .await;
            }
            Step::Read(most) => {
                let mut some = vec![0; most];
                bytes.extend_from_slice(client.try_read(&mut some).map_or(&[], |length| &some[..length]));
            }
        }
    }
    let mut frames = Vec::new();
    let reading = async {
        while bytes.len() < HEAD.len() {
            client.read_buf(&mut bytes).await.expect("it lives");
        }
        bytes.advance(HEAD.len());
        loop {
            while let Some((_, _, text)) = Parser::parse(&mut bytes, false, BYTES).expect("is a frame") {
                frames.push(text.map(|text| String::from_utf8(text.to_vec()).expect("is text")));
            }
            if frames.len() >= told.len() {
                break;
            }
            client.read_buf(&mut bytes).await.expect("it lives");
        }
    };
    let working = poll_fn(|cx| {
        task.turn(cx);
        Poll::<()>::Pending
    });
    let _ = timeout(GOODBYE, select(Box::pin(reading), working)).await;
    (frames, told)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everything_comes_once_and_whole_and_frames_in_their_order(steps in prop::collection::vec(step(), 0..60)) {
        let (frames, told) = actix_web::rt::System::new().block_on(heard(steps));
        let texts = |frames: &[Option<String>]| frames.iter().flatten().cloned().collect::<Vec<_>>();
        prop_assert_eq!(texts(&frames), texts(&told));
        prop_assert_eq!(frames.len(), told.len());
    }
}
