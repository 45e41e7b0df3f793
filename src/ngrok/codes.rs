//! stub
/// x
pub struct Meaning {
    /// x
    pub meaning: String,
    /// x
    pub fix: String,
}
/// x
pub fn explain(_number: u32) -> Meaning {
    Meaning { meaning: "x".into(), fix: "y".into() }
}
/// x
pub fn find(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("ERR_NGROK_")?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}
