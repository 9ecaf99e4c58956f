//! Seconds since 1970 as a day.

/// `2026-03-01` for seconds since 1970; days before and far after are no date of a credential.
pub(super) fn day(seconds: i64) -> Option<String> {
    if !(0..253_402_300_800).contains(&seconds) {
        return None;
    }
    // The calendar repeats every 146,097 days; years begin in March, so that the leap day is the last.
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_of_the_calendar() {
        for (seconds, expected) in [
            (0, Some("1970-01-01")),
            (951_782_399, Some("2000-02-28")),
            (951_782_400, Some("2000-02-29")),
            (1_772_323_200, Some("2026-03-01")),
            (-1, None),
            (i64::MAX, None),
        ] {
            assert_eq!(super::day(seconds).as_deref(), expected);
        }
    }
}
