//! What a child prints, up to a bound: whatever it prints, no more is kept, and its pipe is never full.

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;

/// A line of a child longer than this is cut; the agent's own lines are far shorter.
const LINE_LIMIT: usize = 64 * 1024;

/// How much is read at once.
const PIECE: usize = 8 * 1024;

/// Gives line after line. Reads to the end even when nobody listens any more: a full pipe would block the child.
pub(super) async fn lines(mut pipe: impl AsyncRead + Unpin, sender: mpsc::Sender<String>) {
    let (mut piece, mut line) = (vec![0; PIECE], Vec::new());
    loop {
        let count = match pipe.read(&mut piece).await {
            Ok(count) if count > 0 => count,
            Ok(_) | Err(_) => break,
        };
        for part in piece[..count].split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_LIMIT.saturating_sub(line.len());
            line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                let _ = sender.send(text(&line)).await;
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        let _ = sender.send(text(&line)).await;
    }
}

/// The beginning of all that is printed; the rest is dropped.
pub(super) async fn beginning(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> Vec<u8> {
    let Some(mut pipe) = pipe else { return Vec::new() };
    let (mut piece, mut kept) = (vec![0; PIECE], Vec::new());
    while let Ok(count) = pipe.read(&mut piece).await
        && count > 0
    {
        let room = limit.saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..count.min(room)]);
    }
    kept
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_an_end_is_cut_and_the_next_one_is_whole() {
        let (sender, mut receiver) = mpsc::channel(8);
        let endless = tokio::io::repeat(b'x').take(256 << 20);
        let rest = &b"\nnext\r\n\nlast"[..];
        tokio::spawn(lines(endless.chain(rest), sender));
        let mut seen = Vec::new();
        while let Some(line) = receiver.recv().await {
            assert!(line.capacity() < 4 * LINE_LIMIT);
            seen.push(line);
        }
        assert_eq!((seen[0].len(), &seen[1..]), (LINE_LIMIT, &["next", "", "last"].map(str::to_owned)[..]));
    }

    #[tokio::test]
    async fn a_child_is_read_when_nobody_listens() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        lines(&b"one\ntwo\nthree\n"[..], sender).await;
    }

    #[tokio::test]
    async fn only_the_beginning_is_kept() {
        let kept = beginning(Some(tokio::io::repeat(b'x').take(300 << 20)), 1000).await;
        assert!(kept.len() == 1000 && kept.capacity() < 4 * PIECE);
    }
}
