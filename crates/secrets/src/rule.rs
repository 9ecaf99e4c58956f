//! What is looked for: the types of the rule data, filled in by the build script.

use plimsoll_model::Severity;

/// Who issues credentials.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// In kebab-case, unique.
    pub id: &'static str,
    /// As its owner writes it.
    pub name: &'static str,
}

/// One form of credential and what is known of it.
#[derive(Debug)]
pub struct Rule {
    /// In kebab-case, unique over all providers.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Whose credential it is.
    pub provider: &'static Provider,
    /// What a stranger can do with it.
    pub severity: Severity,
    /// The same as one clause.
    pub grants: &'static str,
    /// What other tools call it.
    pub aliases: &'static [&'static str],
    /// Literals of which every match holds one, or which stand in or near its name.
    pub keywords: &'static [&'static str],
    /// What one looks like: its fixed characters, and an asterisk for each that is left open; empty where code tells.
    pub sample: &'static str,
    /// Which part of a credential of several parts it is.
    pub part: Option<Part>,
    /// How the provider is asked whether it works.
    pub verify: Option<Verify>,
    /// How its holder ends it.
    pub revoke: Option<Revoke>,
    pub(crate) form: Form,
    /// How little the form leaves open, in bits.
    pub(crate) narrow: u32,
    /// How much the form leaves open, in bits; `None` where code tells.
    pub(crate) open: Option<u32>,
    /// The least Shannon entropy of the secret, in bits per character.
    pub(crate) entropy: Option<f32>,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) structure: Option<Structure>,
}

impl Rule {
    /// Whether it is recognised by the name it is given to, not by a form of its own.
    pub fn is_told_by_name(&self) -> bool {
        matches!(self.form, Form::Value(_))
    }

    /// Whether a digest of a value tells the value to whoever tries enough of them: people chose it, or it is too short.
    pub fn is_guessable(&self) -> bool {
        /// More tries than anybody makes for one key.
        const SAFE: u32 = 64;
        self.is_chosen_by_people() || self.open.is_some_and(|bits| bits < SAFE)
    }

    fn is_chosen_by_people(&self) -> bool {
        const PASSWORDS: [&str; 9] = [
            "address-",
            "basic-header-",
            "connection-string-",
            "docker-config-",
            "generic-",
            "netrc-",
            "npmrc-",
            "pgpass-",
            "sign-in-command-",
        ];
        PASSWORDS.iter().any(|begin| self.id.starts_with(begin)) || self.id.contains("password")
    }
}

/// Rules are equal where their ids are.
impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// A part of a credential of several parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the parts make together.
    pub of: &'static str,
    /// Which one this is.
    pub role: Role,
}

/// What a part of a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Says whose it is; no secret by itself.
    Id,
    /// What must not be known.
    Secret,
    /// Anything else that is needed besides, such as an address.
    Other,
}

/// A read-only request that shows whether a credential works. `{secret}` and `{id}` stand for its parts.
#[derive(Debug)]
pub struct Verify {
    /// The method in capitals.
    pub method: &'static str,
    /// The address.
    pub url: &'static str,
    /// Names and values.
    pub headers: &'static [(&'static str, &'static str)],
    /// What is sent.
    pub body: Option<&'static str>,
    /// Answers to one that works.
    pub valid: &'static [u16],
    /// Answers to one that does not.
    pub invalid: &'static [u16],
    /// Where the answer says what it may do.
    pub tells: Option<&'static str>,
}

/// A request that ends a credential.
#[derive(Debug)]
pub struct Revoke {
    /// The method in capitals.
    pub method: &'static str,
    /// The address; with [`RevokedBy::Web`] the page.
    pub url: &'static str,
    /// Names and values.
    pub headers: &'static [(&'static str, &'static str)],
    /// What is sent.
    pub body: Option<&'static str>,
    /// Answers that say it is done.
    pub done: &'static [u16],
    /// Who may ask.
    pub by: RevokedBy,
}

/// Who may end a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokedBy {
    /// Whoever holds it.
    Itself,
    /// Its owner, signed in.
    Owner,
    /// Another key of an administrator.
    AdminKey,
    /// Its owner, in the provider's pages only.
    Web,
}

/// How a rule is recognised.
#[allow(dead_code, reason = "which of them occur is up to the data")]
#[derive(Debug)]
pub(crate) enum Form {
    /// By a form of its own.
    Pattern(Pattern),
    /// By the name it is assigned to.
    Value(Value),
    /// By code.
    Detector(Detector),
}

/// A form of its own.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) text: &'static str,
    /// Every match begins with a keyword.
    pub(crate) anchored: bool,
    /// As long as a match may be.
    pub(crate) longest: usize,
    /// What would make the secret longer if it followed.
    pub(crate) tail: Alphabet,
}

/// The form of an assigned value.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) text: &'static str,
    /// The name need not speak of a credential.
    pub(crate) any_name: bool,
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// Every character of it.
    pub(crate) alphabet: Alphabet,
}

/// Credentials recognised by code.
#[allow(dead_code, reason = "which of them occur is up to the data")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    PrivateKey,
    WebToken,
    Address,
    DatabaseAddress,
    ConnectionString,
    Netrc,
    Pgpass,
    Npmrc,
    DockerConfig,
    Kubeconfig,
    ServiceAccount,
    PuttyKey,
    BasicHeader,
    BearerHeader,
    SignIn,
    AwsSecretBesideId,
    Assignment,
}

/// A set of ASCII characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alphabet(pub(crate) u128);

impl Alphabet {
    pub(crate) fn contains(self, byte: u8) -> bool {
        byte < 128 && self.0 >> byte & 1 == 1
    }
}

/// A check digit scheme. What fails it is still a finding, with less confidence.
#[allow(dead_code, reason = "which of them occur is up to the data")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// The last six characters are the CRC-32 of those before, in base 62.
    GithubCrc32,
    /// The last eight characters are the CRC-32 of the forty before, in base 16.
    CloudflareCrc32,
}

/// What can be read out of a credential without asking anybody.
#[allow(dead_code, reason = "which of them occur is up to the data")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    Jwt,
    PypiMacaroon,
    FlyMacaroon,
    AwsKeyId,
    AwsBedrockKey,
    GitlabRoutable,
    LiveOrTest,
    SlackToken,
    AzureSas,
    Base64Text,
}

/// A keyword in lower case and the rules that have it, by their place in the table.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) text: &'static str,
    pub(crate) rules: &'static [usize],
}
