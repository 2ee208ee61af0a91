//! Floor 2: values and their encodings. Knows no database.
