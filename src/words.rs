//! What is said in the same form everywhere: the closed vocabularies of the contract, enums whose only wire form
//! is a kebab-case word, and lists of which a few are named.

/// Declares an enum with its words, in the order of the contract.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* #[doc = concat!("`", $word, "`")] $variant),+ }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used on the wire, in text and in fingerprints.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

/// The first of a list, and how many more it has: `a, b and 3 more`, or `a; b; and 3 more` where texts that may hold
/// commas are kept apart.
pub(crate) fn some_of(all: &[impl AsRef<str>], most: usize, between: &str) -> String {
    let named: Vec<&str> = all.iter().take(most).map(AsRef::as_ref).collect();
    let named = named.join(between);
    match all.len().saturating_sub(most) {
        0 => named,
        more => format!("{named}{} and {more} more", between.trim_end().trim_end_matches(',')),
    }
}

#[cfg(test)]
mod tests {
    use super::some_of;

    #[test]
    fn of_a_long_list_the_number_of_the_rest_is_given() {
        let all = ["a", "b", "c"];
        assert_eq!(some_of(&all, 3, ", "), "a, b, c");
        assert_eq!(some_of(&all, 2, ", "), "a, b and 1 more");
        assert_eq!(some_of(&all, 1, "; "), "a; and 2 more");
        assert_eq!(some_of(&all[..0], 2, ", "), "");
    }
}
