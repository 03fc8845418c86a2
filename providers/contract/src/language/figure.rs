//! A figure and where it comes from.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::Date;

/// A figure, written bare or as `{value, source, asOf}`. `unknown` is a value: nobody knows it, and it is never taken
/// for zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure<T> {
    /// The figure; `None` when unknown.
    pub value: Option<T>,
    /// The lowest that it may be, where the source gives a range.
    pub low: Option<T>,
    /// The highest that it may be, where the source gives a range.
    pub high: Option<T>,
    /// Who says so.
    pub source: Option<String>,
    /// When that was so.
    pub as_of: Option<Date>,
    /// A remark.
    pub note: Option<String>,
    /// What other sources say.
    pub others: Vec<Claim<T>>,
}

/// What another source says about the same figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim<T> {
    /// The figure.
    pub value: T,
    /// Who says so.
    pub source: String,
    /// When that was so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
}

impl<T> Figure<T> {
    /// A bare figure.
    pub const fn bare(value: T) -> Self {
        Self {
            value: Some(value),
            low: None,
            high: None,
            source: None,
            as_of: None,
            note: None,
            others: Vec::new(),
        }
    }

    /// The figure, if it is known.
    pub const fn known(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sourced<T> {
    value: serde_json::Value,
    #[serde(default = "none")]
    low: Option<T>,
    #[serde(default = "none")]
    high: Option<T>,
    source: Option<String>,
    as_of: Option<Date>,
    note: Option<String>,
    #[serde(default = "Vec::new")]
    others: Vec<Claim<T>>,
}

const fn none<T>() -> Option<T> {
    None
}

fn value<T: DeserializeOwned>(json: serde_json::Value) -> Result<Option<T>, serde_json::Error> {
    if json == "unknown" { Ok(None) } else { serde_json::from_value(json).map(Some) }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Figure<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let error = serde::de::Error::custom;
        let json = serde_json::Value::deserialize(deserializer)?;
        if !json.is_object() {
            return Ok(Self {
                value: value(json).map_err(error)?,
                low: None,
                high: None,
                source: None,
                as_of: None,
                note: None,
                others: Vec::new(),
            });
        }
        let sourced: Sourced<T> = serde_json::from_value(json).map_err(error)?;
        Ok(Self {
            value: value(sourced.value).map_err(error)?,
            low: sourced.low,
            high: sourced.high,
            source: sourced.source,
            as_of: sourced.as_of,
            note: sourced.note,
            others: sourced.others,
        })
    }
}

impl<T: Serialize> Serialize for Figure<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bare = self.low.is_none()
            && self.high.is_none()
            && self.source.is_none()
            && self.as_of.is_none()
            && self.note.is_none()
            && self.others.is_empty();
        if bare {
            return match &self.value {
                Some(value) => value.serialize(serializer),
                None => serializer.serialize_str("unknown"),
            };
        }
        let mut map = serializer.serialize_map(None)?;
        match &self.value {
            Some(value) => map.serialize_entry("value", value)?,
            None => map.serialize_entry("value", "unknown")?,
        }
        if let Some(low) = &self.low {
            map.serialize_entry("low", low)?;
        }
        if let Some(high) = &self.high {
            map.serialize_entry("high", high)?;
        }
        if let Some(source) = &self.source {
            map.serialize_entry("source", source)?;
        }
        if let Some(as_of) = &self.as_of {
            map.serialize_entry("asOf", as_of)?;
        }
        if let Some(note) = &self.note {
            map.serialize_entry("note", note)?;
        }
        if !self.others.is_empty() {
            map.serialize_entry("others", &self.others)?;
        }
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for Figure<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("FigureOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let date = generator.subschema_for::<Date>();
        json_schema!({
            "description": "A figure: bare, `unknown`, or with its source.",
            "x-afctl-figure": true,
            "anyOf": [
                value,
                {"const": "unknown"},
                {
                    "type": "object",
                    "properties": {
                        "value": {"description": "The figure, or `unknown`.", "anyOf": [value, {"const": "unknown"}]},
                        "low": value,
                        "high": value,
                        "source": {"description": "Who says so.", "type": "string"},
                        "asOf": date,
                        "note": {"description": "A remark.", "type": "string"},
                        "others": {
                            "description": "What other sources say about the same figure.",
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {"value": value, "source": {"type": "string"}, "asOf": date},
                                "required": ["value", "source"],
                                "additionalProperties": false,
                            },
                        },
                    },
                    "required": ["value"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// One thing or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    /// Whether it was written as a list.
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::Many(_))
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}
