//! The database: opened with its migrations, written in batches, bounded, read with a filter.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, params};

use super::{join, row};
use crate::delivery::{Delivery, Filter, Id};
use crate::file;

/// The newest schema that this program knows.
const SCHEMA: i64 = 1;

/// What brings a database from each schema to the next.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE deliveries (
        id TEXT PRIMARY KEY, received_at TEXT NOT NULL, duration_us INTEGER, origin TEXT NOT NULL, witnesses TEXT NOT NULL,
        set_up TEXT, source TEXT, event TEXT, message_id TEXT, method TEXT NOT NULL, target TEXT NOT NULL,
        status INTEGER, signature TEXT NOT NULL, reason TEXT, size INTEGER NOT NULL,
        request_headers TEXT NOT NULL, request_body BLOB NOT NULL, request_truncated INTEGER NOT NULL,
        answer_headers TEXT, answer_body BLOB, answer_truncated INTEGER
    );
    CREATE INDEX deliveries_size ON deliveries (size);
    CREATE INDEX deliveries_message ON deliveries (message_id);
    CREATE INDEX deliveries_event ON deliveries (event, id);
    CREATE TABLE changes (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL);
    "];

/// How long a write waits for another process's.
const BUSY: Duration = Duration::from_secs(2);

/// What of the newest deliveries readers are told by number; older ones they have seen.
const CHANGES_KEPT: i64 = 20_000;

/// What may be kept; the oldest go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Deliveries.
    pub count: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

impl Limits {
    /// This many deliveries, and 256 MiB.
    pub fn of(count: u64) -> Self {
        Self { count, bytes: 256 * 1024 * 1024 }
    }
}

/// Why the history cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// SQLite's words.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file's.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// Another program's file, or a broken one.
    #[error("it is no history, or it is broken: {0}")]
    Broken(String),
    /// Only its reader may change it.
    #[error("it was written by a newer clerkhook (schema {0}), so it is only read")]
    Newer(i64),
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    /// The schema is newer than this program: it is read, never written.
    newer: Option<i64>,
}

impl Store {
    /// Opens the database of a state directory for writing; makes it where there is none. A broken file is moved aside, and
    /// its new name is given.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn open(path: &Path) -> Result<(Self, Option<PathBuf>), StoreFault> {
        match Self::try_open(path) {
            Err(StoreFault::Broken(_)) => {
                let aside = path.with_extension(format!("broken-{}", Timestamp::now().as_second()));
                std::fs::rename(path, &aside)?;
                for suffix in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(beside(path, suffix));
                }
                Ok((Self::try_open(path)?, Some(aside)))
            }
            opened => opened.map(|store| (store, None)),
        }
    }

    fn try_open(path: &Path) -> Result<Self, StoreFault> {
        create_private(path)?;
        // `NOFOLLOW`: what a stranger may have put in its place is not written through.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let store = Self::prepare(connection).map_err(broken)?;
        // The umask may have taken more from the files beside it than it should.
        for suffix in ["-wal", "-shm"] {
            let _ = file::private(&beside(path, suffix));
        }
        Ok(store)
    }

    /// Opens what is there for reading; `None` where nothing was kept yet.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn read(path: &Path) -> Result<Option<Self>, StoreFault> {
        if !path.exists() {
            return Ok(None);
        }
        // One that somebody else planted could say anything.
        file::trusted(path.parent().unwrap_or(path))?;
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).or_else(|_| {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(path, flags)
        })?;
        Self::prepare(opened).map(Some).map_err(broken)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreFault> {
        connection.busy_timeout(BUSY)?;
        let schema: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if schema > SCHEMA {
            return Ok(Self { connection, newer: Some(schema) });
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        if schema < SCHEMA {
            let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Another process may have been faster.
            let schema: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            for migration in MIGRATIONS.iter().skip(usize::try_from(schema).unwrap_or(0)) {
                change.execute_batch(migration)?;
            }
            change.pragma_update(None, "user_version", SCHEMA)?;
            change.commit()?;
        }
        Ok(Self { connection, newer: None })
    }

    /// Keeps deliveries in one transaction; one that is there already is replaced, as its answer came meanwhile.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn keep(&mut self, deliveries: &[Delivery], limits: Limits) -> Result<(), StoreFault> {
        if let Some(schema) = self.newer {
            return Err(StoreFault::Newer(schema));
        }
        let change = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for delivery in deliveries {
            let delivery = join::joined(&change, delivery)?;
            row::write(&change, &delivery)?;
            change.prepare_cached("INSERT INTO changes (id) VALUES (?1)")?.execute([delivery.id.as_str()])?;
        }
        change.execute("DELETE FROM changes WHERE number <= (SELECT max(number) FROM changes) - ?1", [CHANGES_KEPT])?;
        drop_oldest(&change, limits)?;
        change.commit()?;
        Ok(())
    }

    /// The deliveries that a filter admits, at most so many of the newest, oldest first.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn list(&self, filter: &Filter, most: usize) -> Result<Vec<Delivery>, StoreFault> {
        let now = Timestamp::now();
        let since = filter.since.as_ref().map(|bound| bound.id(now));
        let until = filter.until.as_ref().map(|bound| bound.id(now));
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {} FROM deliveries WHERE id > ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC",
            row::COLUMNS
        ))?;
        let since = since.as_ref().map_or("", Id::as_str);
        let mut rows = query.query(params![since, until.as_ref().map(Id::as_str)])?;
        let mut found = Vec::new();
        while found.len() < most
            && let Some(row) = rows.next()?
        {
            let delivery = row::read(row)?;
            if filter.admits(&delivery) {
                found.push(delivery);
            }
        }
        found.reverse();
        Ok(found)
    }

    /// One delivery.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn get(&self, id: &str) -> Result<Option<Delivery>, StoreFault> {
        let query = format!("SELECT {} FROM deliveries WHERE id = ?1", row::COLUMNS);
        Ok(self.connection.prepare_cached(&query)?.query_row([id], row::read).optional()?)
    }

    /// The ids that begin so, at most two; and of those with a message id that begins so the newest that is no replay, and
    /// one of each further message.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn beginning(&self, column: Column, text: &str) -> Result<Vec<String>, StoreFault> {
        let query = match column {
            Column::Id => "SELECT id FROM deliveries WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 2",
            Column::Message => {
                "SELECT max(CASE WHEN origin = 'replay' THEN '' ELSE id END) FROM deliveries
                 WHERE message_id >= ?1 AND message_id < ?1 || '~' GROUP BY message_id LIMIT 2"
            }
        };
        let mut query = self.connection.prepare_cached(query)?;
        let ids = query.query_map([text], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// The newest one from before that tells of the same user, for what it changed.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn before(&self, id: &Id, events: &[&str]) -> Result<Vec<Delivery>, StoreFault> {
        let marks = vec!["?"; events.len()].join(",");
        let query = format!(
            "SELECT {} FROM deliveries WHERE id < ? AND event IN ({marks}) ORDER BY id DESC LIMIT 500",
            row::COLUMNS
        );
        let mut query = self.connection.prepare_cached(&query)?;
        let given = std::iter::once(id.as_str()).chain(events.iter().copied());
        let found = query.query_map(rusqlite::params_from_iter(given), row::read)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// The number of the last change; what comes after it is new to whoever knows it.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn last_change(&self) -> Result<i64, StoreFault> {
        let number: Option<i64> =
            self.connection.prepare_cached("SELECT max(number) FROM changes")?.query_row([], |row| row.get(0))?;
        Ok(number.unwrap_or(0))
    }

    /// What was kept or changed after a number, in the order in which it was; and the number of the last change.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn changed_since(&self, number: i64, most: usize) -> Result<(Vec<Delivery>, i64), StoreFault> {
        let mut query = self
            .connection
            .prepare_cached("SELECT number, id FROM changes WHERE number > ?1 ORDER BY number LIMIT ?2")?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let changes: Vec<(i64, String)> =
            query.query_map(params![number, limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let last = changes.last().map_or(number, |(number, _)| *number);
        let mut found = Vec::with_capacity(changes.len());
        for (_, id) in changes {
            found.extend(self.get(&id)?);
        }
        Ok((found, last))
    }

    /// How many are kept.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn count(&self) -> Result<u64, StoreFault> {
        Ok(self.connection.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0))?)
    }

    /// How many came before a time, or all.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn count_before(&self, before: Option<Timestamp>) -> Result<u64, StoreFault> {
        let before = before.map(Id::first_of);
        let mut query =
            self.connection.prepare_cached("SELECT count(*) FROM deliveries WHERE ?1 IS NULL OR id < ?1")?;
        Ok(query.query_row([before.as_ref().map(Id::as_str)], |row| row.get(0))?)
    }

    /// Forgets what came before a time, or everything; gives how many.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn clear(&mut self, before: Option<Timestamp>) -> Result<usize, StoreFault> {
        if let Some(schema) = self.newer {
            return Err(StoreFault::Newer(schema));
        }
        // What is removed must not stay readable in the file.
        self.connection.pragma_update(None, "secure_delete", "ON")?;
        let before = before.map(Id::first_of);
        let removed = self
            .connection
            .execute("DELETE FROM deliveries WHERE ?1 IS NULL OR id < ?1", [before.as_ref().map(Id::as_str)])?;
        self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(removed)
    }
}

/// By what a delivery is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Our id.
    Id,
    /// The `svix-id`.
    Message,
}

fn drop_oldest(change: &Transaction<'_>, limits: Limits) -> Result<(), rusqlite::Error> {
    let (count, bytes): (u64, u64) =
        change.query_row("SELECT count(*), coalesce(sum(size), 0) FROM deliveries", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let surplus = count.saturating_sub(limits.count);
    if surplus > 0 {
        change.execute(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries ORDER BY id LIMIT ?1)",
            [i64::try_from(surplus).unwrap_or(i64::MAX)],
        )?;
    }
    if bytes > limits.bytes {
        change.execute(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM
                (SELECT id, sum(size) OVER (ORDER BY id DESC) AS kept FROM deliveries) WHERE kept > ?1)",
            [i64::try_from(limits.bytes).unwrap_or(i64::MAX)],
        )?;
    }
    Ok(())
}

/// One of SQLite's other files.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// SQLite's other files take over the mode of the first.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        file::directory(directory)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => Ok(()),
        Ok(_) => file::private(path),
    }
}

/// Tells a file that is no database from a system that fails.
fn broken(fault: StoreFault) -> StoreFault {
    match fault {
        StoreFault::Sqlite(error) => match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                StoreFault::Broken(error.to_string())
            }
            _ => StoreFault::Sqlite(error),
        },
        other => other,
    }
}
