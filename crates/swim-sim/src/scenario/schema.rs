//! The JSON Schema of scenario files.

use super::Scenario;

/// The JSON Schema of scenario files, for editors that complete and check TOML.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(Scenario);
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::scenario::FaultKind;

    #[test]
    fn the_schema_knows_every_key_and_every_kind_of_fault() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let keys = schema["properties"].as_object().unwrap();
        for key in [
            "name", "nodes", "duration", "seed", "fault", "expect", "network", "protocol",
        ] {
            assert!(
                keys[key]["description"].is_string() || keys[key]["$ref"].is_string(),
                "{key}: {}",
                keys[key]
            );
        }
        let text = schema.to_string();
        for kind in FaultKind::ALL {
            assert!(
                text.contains(&format!("\"const\":\"{}\"", kind.name)),
                "{}",
                kind.name
            );
        }
        assert_eq!(schema["additionalProperties"], Value::Bool(false));
    }
}
