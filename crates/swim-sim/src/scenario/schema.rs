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
        let nodes = &keys["nodes"];
        assert_eq!(
            (&nodes["minimum"], &nodes["maximum"]),
            (&1.into(), &1_000_000.into())
        );
    }

    /// Whether nothing below closes an object that others add keys to.
    fn is_open(schema: &Value, all: &Value) -> bool {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            return is_open(&all["$defs"][name], all);
        }
        schema.get("additionalProperties").is_none()
    }

    #[test]
    fn a_fault_has_the_keys_of_its_kind_and_no_others() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let fault = &schema["$defs"]["Fault"];
        assert_eq!(
            fault["unevaluatedProperties"],
            Value::Bool(false),
            "{fault}"
        );
        let kinds = fault["oneOf"].as_array().unwrap();
        assert_eq!(kinds.len(), FaultKind::ALL.len());
        assert!(kinds.iter().all(|kind| is_open(kind, &schema)), "{fault}");
    }
}
