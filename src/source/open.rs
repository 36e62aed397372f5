//! What a document leaves open until it is deployed, and what its deployment makes.

/// A part of a value that is not known before deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// As it is shown in place of the value, such as `${DbSecret.Arn}`.
    pub(super) shown: String,
    pub(super) why: String,
    /// The resource of the same deployment whose name it is.
    pub(super) made: Option<String>,
    pub(super) form: Form,
}

/// What an open part will look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    Region,
    Account,
    Partition,
    /// The whole ARN of a secret.
    SecretArn,
}

impl Open {
    pub(super) fn new(shown: impl Into<String>, why: impl Into<String>) -> Self {
        Self { shown: shown.into(), why: why.into(), made: None, form: Form::Any }
    }

    /// The same of a part of it, whose form is not known.
    pub(super) fn in_part(&self) -> Self {
        Self { form: Form::Any, ..self.clone() }
    }

    /// Something in its place, to find out whether what is written around it can be right whatever it
    /// will be.
    pub(super) fn stand_in(&self) -> Option<&'static str> {
        match self.form {
            Form::Any => None,
            Form::Region => Some("us-east-1"),
            Form::Account => Some("111122223333"),
            Form::Partition => Some("aws"),
            Form::SecretArn => Some("arn:aws:secretsmanager:us-east-1:111122223333:secret:made-AbCdEf"),
        }
    }
}
