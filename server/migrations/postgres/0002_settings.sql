-- What a person has chosen for an account, as JSON: see store/settings.rs.
CREATE TABLE settings (
    account_id BIGINT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    value TEXT NOT NULL
);
