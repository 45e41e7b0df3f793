//! A length of time in words.

/// `40 s`, `12 min`, `3 h 12 min`, `2 d 3 h`: the two largest units, the smaller one where it is not nothing.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let two = |large: u64, large_unit, small: u64, small_unit| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => two(seconds / 60, "min", seconds % 60, "s"),
        600..3600 => format!("{} min", seconds / 60),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (-60, "1 min"),
            (301, "5 min 1 s"),
            (725, "12 min"),
            (11_520, "3 h 12 min"),
            (86_400, "1 d"),
            (100_000, "1 d 3 h"),
            (i64::MIN, "106751991167300 d 15 h"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}
