//! Names for the objects of an execution.
//!
//! An object knows the source line that made it, and that line says what it is called there: a field (`tail: ...`), a binding
//! (`let total = ...`). In the library, the file stands before it: `parking.told`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rdv::buffer::describe_word;

use crate::record::Step;

use super::short;

/// Index words of the rings: an index with marks beside it.
const WORDS: [&str; 5] = ["index.tail", "index.head", "mpmc.tail", "mpmc.head", "mpmc.stamps"];

/// The library's facade makes parts of its own names: what they belong to says more.
pub(super) const FACADE: &str = "src/sync/";

/// Names by kind and number.
#[derive(Debug)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// As the sources in that workspace say, which the steps were done by.
    pub(super) fn of(steps: &[Step], root: &Path) -> Self {
        let mut objects: Vec<(&str, &str)> = Vec::new();
        for step in steps.iter().filter(|step| !step.object.is_empty()) {
            if !objects.iter().any(|(object, _)| *object == step.object) {
                objects.push((&step.object, &step.made));
            }
        }
        objects.sort_by_key(|(object, _)| number(object));
        let bases: Vec<_> = objects.iter().map(|(object, made)| base(root, object, made)).collect();
        let name = |index: usize| {
            let same = |upto: usize| bases[..upto].iter().filter(|base| **base == bases[index]).count();
            if same(bases.len()) == 1 { bases[index].clone() } else { format!("{}#{}", bases[index], same(index) + 1) }
        };
        Self(objects.iter().enumerate().map(|(index, (object, _))| ((*object).to_owned(), name(index))).collect())
    }

    pub(super) fn of_object(&self, object: &str) -> String {
        self.0.get(object).cloned().unwrap_or_default()
    }

    /// The value of an object, as people read it.
    pub(super) fn of_value(&self, object: &str, value: &str) -> String {
        let name = self.of_object(object);
        if !WORDS.contains(&name.split('#').next().unwrap_or_default()) {
            return value.to_owned();
        }
        let told = |part: &str| match part.strip_prefix("0x").and_then(|part| usize::from_str_radix(part, 16).ok()) {
            Some(word) => from_the_end(describe_word(word)),
            None => part.to_owned(),
        };
        value.split(' ').map(told).collect::<Vec<_>>().join(" ")
    }

    /// Name, kind, where it was made, who touches it.
    pub(super) fn legend(&self, steps: &[Step]) -> Vec<[String; 4]> {
        let mut legend: Vec<_> = self.0.iter().map(|(object, name)| (number(object), object, name)).collect();
        legend.sort();
        let line = |(_, object, name): (usize, &String, &String)| {
            let own = || steps.iter().filter(|step| step.object == *object);
            let mut users: Vec<&str> = Vec::new();
            for step in own() {
                if !users.contains(&step.thread.as_str()) {
                    users.push(&step.thread);
                }
            }
            let made = own().next().map(|step| short(&step.made).to_owned()).unwrap_or_default();
            [name.clone(), kind(object).to_owned(), made, users.join(", ")]
        };
        legend.into_iter().map(line).collect()
    }
}

/// A number of more than half of its digits, such as a position just below the overflow, told by how far it is from there.
fn from_the_end(word: String) -> String {
    let (number, marks) = word.split_at(word.find('+').unwrap_or(word.len()));
    match number.parse::<usize>() {
        Ok(number) if number > usize::MAX >> (usize::BITS / 2) => {
            let last = usize::MAX >> number.leading_zeros();
            format!("last-{}{marks}", last - number)
        }
        _ => word,
    }
}

fn kind(object: &str) -> &str {
    object.split_once('#').map_or(object, |(kind, _)| kind)
}

fn number(object: &str) -> usize {
    object.split_once('#').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// The name that the source gives, or the kind; behind its module, if it is the library's.
fn base(root: &Path, object: &str, made: &str) -> String {
    let kind = kind(object);
    if made.starts_with(FACADE) {
        return kind.to_owned();
    }
    let name = read(root, made).unwrap_or_else(|| kind.to_owned());
    match made.strip_prefix("src/").and_then(|rest| owner(rest.split_once(".rs")?.0)) {
        Some(owner) => format!("{owner}.{name}"),
        None => name,
    }
}

/// The module of a file of the library: `wait/parking`, `event/mod`.
fn owner(file: &str) -> Option<&str> {
    file.strip_suffix("/mod").unwrap_or(file).rsplit('/').next()
}

/// Reads the line, and the two before it if it says nothing.
fn read(root: &Path, made: &str) -> Option<String> {
    let mut parts = made.rsplitn(3, ':');
    let (column, line, file) = (parts.next()?.parse().ok()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
    let text = fs::read_to_string(root.join(file)).ok()?;
    let lines: Vec<_> = text.lines().collect();
    let here = lines.get(line.checked_sub(1)?)?;
    let (before, rest) = here.split_at_checked(usize::checked_sub(column, 1)?)?;
    named_by(before).or_else(|| field(rest)).or_else(|| {
        lines[line.saturating_sub(3)..line - 1]
            .iter()
            .rev()
            .filter(|line| !line.contains("fn "))
            .find_map(|line| named_by(line))
    })
}

/// The field or binding whose value begins in this text.
fn named_by(before: &str) -> Option<String> {
    let binding = before.trim_start().strip_prefix("let ").map(|rest| rest.trim_start_matches("mut "));
    if let Some(name) = binding.filter(|rest| rest.contains('=')).and_then(identifier) {
        return Some(name);
    }
    let grown = [".extend(", ".push("].iter().find_map(|call| before.trim_start().split_once(call));
    if let Some((name, _)) = grown.filter(|(name, _)| name.chars().all(is_of_identifier)) {
        return identifier(name);
    }
    let colons = before.char_indices().rev().filter(|(at, char)| {
        let bytes = before.as_bytes();
        *char == ':' && bytes.get(at + 1) != Some(&b':') && (*at == 0 || bytes[at - 1] != b':')
    });
    colons.map(|(at, _)| &before[..at]).find_map(|before| {
        let start = before.rfind(|char: char| !is_of_identifier(char)).map_or(0, |at| at + 1);
        identifier(&before[start..])
    })
}

/// A field that a derived `Default` makes: the place is the field itself.
fn field(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix("pub ").unwrap_or(rest);
    let name = identifier(rest)?;
    rest[name.len()..].starts_with(": ").then_some(name)
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|char| is_of_identifier(*char)).collect();
    (!name.is_empty()).then_some(name)
}

fn is_of_identifier(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_bindings_give_names() {
        for (before, name) in [
            ("            tail: Line(", Some("tail")),
            ("    let total = Arc::new(", Some("total")),
            ("    let mut total: Arc<_> = Arc::new(", Some("total")),
            ("        Arc::new((", None),
            ("        stamps.extend((0..capacity).map(|slot| ", Some("stamps")),
            ("        Self { inner: engine::Mutex::new(0), object: ", Some("object")),
        ] {
            assert_eq!(named_by(before).as_deref(), name, "{before}");
        }
        assert_eq!(field("state: Mutex<State>,").as_deref(), Some("state"));
        assert_eq!(field("pub parking: Parking,").as_deref(), Some("parking"));
        assert_eq!(field("AtomicUsize::new(0)"), None);
    }

    #[test]
    fn positions_below_the_overflow_are_told_from_there() {
        for (word, told) in [(usize::MAX >> 3, "last-0"), ((usize::MAX >> 3) - 1, "last-1"), (7, "7")] {
            assert_eq!(from_the_end(word.to_string()), told);
            assert_eq!(from_the_end(format!("{word}+asleep")), format!("{told}+asleep"));
        }
    }

    #[test]
    fn the_library_s_names_stand_behind_their_module() {
        assert_eq!(owner("wait/parking"), Some("parking"));
        assert_eq!(owner("event/mod"), Some("event"));
    }
}
