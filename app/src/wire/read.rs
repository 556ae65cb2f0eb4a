//! Reading frames in little code.
//!
//! What serde derives is written out once for each type, together with whatever the format's reader needs at each place;
//! with the reader of serde_json and the messages of its errors that was a tenth of the module that the browser loads.
//! Here serde_json reads the text into a tree, and types are read from the tree by a [`Deserializer`] that does no more
//! than our types need and whose one error says nothing.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::StringDeserializer,
    },
};
use serde_json::Value;

/// Reads JSON text that our own side wrote. None if it is anything else.
///
/// Types may use all of serde's data model but floats, bytes and enums that carry their
/// variant in a field (`tag`, `untagged`), which want a format that describes itself.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let tree: Value = serde_json::from_str(text).ok()?;
    T::deserialize(Tree(tree)).ok()
}

/// The text is not what its type looks like.
#[derive(Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("malformed")
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Malformed
    }
}

/// A value still to be read.
struct Tree(Value);

type Answer<'de, V> = Result<<V as Visitor<'de>>::Value, Malformed>;

impl Tree {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Answer<'de, V> {
        match self.0.as_u64() {
            Some(number) => visitor.visit_u64(number),
            None => visitor.visit_i64(self.0.as_i64().ok_or(Malformed)?),
        }
    }

    fn text(self) -> Result<String, Malformed> {
        match self.0 {
            Value::String(text) => Ok(text),
            _ => Err(Malformed),
        }
    }

    fn items(self) -> Result<Items, Malformed> {
        match self.0 {
            Value::Array(items) => Ok(Items(items.into_iter())),
            _ => Err(Malformed),
        }
    }

    fn fields(self) -> Result<Fields, Malformed> {
        match self.0 {
            Value::Object(fields) => Ok(Fields { fields: fields.into_iter(), value: Value::Null }),
            _ => Err(Malformed),
        }
    }
}

/// Methods that are alike.
macro_rules! read_as {
    ($($method:ident($($argument:ty),*) => |$tree:ident, $visitor:ident| $read:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, $(_: $argument,)* $visitor: V) -> Answer<'de, V> {
            let $tree = self;
            $read
        })*
    };
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Malformed;

    read_as! {
        deserialize_any() => |_tree, _visitor| Err(Malformed);
        deserialize_bool() => |tree, visitor| visitor.visit_bool(tree.0.as_bool().ok_or(Malformed)?);
        deserialize_i8() => |tree, visitor| tree.number(visitor);
        deserialize_i16() => |tree, visitor| tree.number(visitor);
        deserialize_i32() => |tree, visitor| tree.number(visitor);
        deserialize_i64() => |tree, visitor| tree.number(visitor);
        deserialize_u8() => |tree, visitor| tree.number(visitor);
        deserialize_u16() => |tree, visitor| tree.number(visitor);
        deserialize_u32() => |tree, visitor| tree.number(visitor);
        deserialize_u64() => |tree, visitor| tree.number(visitor);
        deserialize_f32() => |_tree, _visitor| Err(Malformed);
        deserialize_f64() => |_tree, _visitor| Err(Malformed);
        deserialize_char() => |tree, visitor| visitor.visit_string(tree.text()?);
        deserialize_str() => |tree, visitor| visitor.visit_string(tree.text()?);
        deserialize_string() => |tree, visitor| visitor.visit_string(tree.text()?);
        deserialize_bytes() => |_tree, _visitor| Err(Malformed);
        deserialize_byte_buf() => |_tree, _visitor| Err(Malformed);
        deserialize_option() => |tree, visitor| match tree.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(tree),
        };
        deserialize_unit() => |_tree, visitor| visitor.visit_unit();
        deserialize_unit_struct(&'static str) => |_tree, visitor| visitor.visit_unit();
        deserialize_newtype_struct(&'static str) => |tree, visitor| visitor.visit_newtype_struct(tree);
        deserialize_seq() => |tree, visitor| visitor.visit_seq(tree.items()?);
        deserialize_tuple(usize) => |tree, visitor| visitor.visit_seq(tree.items()?);
        deserialize_tuple_struct(&'static str, usize) => |tree, visitor| visitor.visit_seq(tree.items()?);
        deserialize_map() => |tree, visitor| visitor.visit_map(tree.fields()?);
        deserialize_struct(&'static str, &'static [&'static str]) => |tree, visitor| visitor.visit_map(tree.fields()?);
        deserialize_enum(&'static str, &'static [&'static str]) => |tree, visitor| visitor.visit_enum(tree);
        deserialize_identifier() => |tree, visitor| visitor.visit_string(tree.text()?);
        deserialize_ignored_any() => |_tree, visitor| visitor.visit_unit();
    }
}

/// The values of an array.
struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Malformed;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Malformed> {
        self.0.next().map(|item| seed.deserialize(Tree(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of an object.
struct Fields {
    fields: serde_json::map::IntoIter,
    /// Of the field whose name was read last.
    value: Value,
}

impl Fields {
    fn next(&mut self) -> Option<StringDeserializer<Malformed>> {
        let (name, value) = self.fields.next()?;
        self.value = value;
        Some(name.into_deserializer())
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Malformed;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Malformed> {
        self.next().map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Malformed> {
        seed.deserialize(Tree(self.value.take()))
    }
}

/// A variant is its name, or an object of one field: its name and what it carries.
impl<'de> EnumAccess<'de> for Tree {
    type Error = Malformed;
    type Variant = Tree;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Tree), Malformed> {
        let (name, carried) = match self.0 {
            Value::String(name) => (name.into_deserializer(), Value::Null),
            _ => {
                let mut fields = self.fields()?;
                (fields.next().ok_or(Malformed)?, fields.value)
            }
        };
        let name: StringDeserializer<Malformed> = name;
        Ok((seed.deserialize(name)?, Tree(carried)))
    }
}

impl<'de> VariantAccess<'de> for Tree {
    type Error = Malformed;

    fn unit_variant(self) -> Result<(), Malformed> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Malformed> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Answer<'de, V> {
        visitor.visit_seq(self.items()?)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Answer<'de, V> {
        visitor.visit_map(self.fields()?)
    }
}
