//! Where the simulated world keeps what it knows: an embedded database, in a file or in memory.
//!
//! Guarantees: what a [`Tx`] changes becomes visible in full when [`Tx::commit`] returns and not at all otherwise, also
//! when the process is killed in between (but not when the power fails); several processes may have one file open, of which one at a time writes.
//! Assumes: a file system with locks on byte ranges (every local one has them).

use std::fs::File;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redb::{Builder, ConcurrencyMode, Database, DatabaseError, ReadableDatabase, TransactionError};

use super::WorldError;
use super::tables::{FORMAT, Stored, meta};
use super::tx::Tx;
use super::unsynced::Unsynced;
use super::view::View;

/// How long a second process waits for the first one's transaction, in steps of a millisecond.
const PATIENCE: u32 = 10_000;

/// The database.
#[derive(Debug)]
pub(super) struct Store {
    db: Database,
    /// Within the process writers queue here; only processes compete for redb's own lock.
    turn: Mutex<()>,
    path: Option<PathBuf>,
}

impl Store {
    /// The database in a file, made if it is not there, with the folder it is to lie in.
    pub(super) fn open(path: &FilePath) -> Result<Self, WorldError> {
        let failed = |why: String| WorldError::Open { path: path.to_owned(), why };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut builder = builder();
        builder.set_concurrency_mode(ConcurrencyMode::MultiWriter);
        let db = Unsynced::new(file.map_err(|e| failed(e.to_string()))?)
            .and_then(|file| builder.create_with_backend(file))
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen => WorldError::Busy { path: path.to_owned() },
                error => failed(error.to_string()),
            })?;
        Self { db, turn: Mutex::new(()), path: Some(path.to_owned()) }.prepared()
    }

    /// A database that lives as long as the process.
    pub(super) fn in_memory() -> Result<Self, WorldError> {
        let db = builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .map_err(|error| WorldError::Store(error.to_string()))?;
        Self { db, turn: Mutex::new(()), path: None }.prepared()
    }

    /// Makes the tables, so that readers find them.
    fn prepared(self) -> Result<Self, WorldError> {
        let known = self.read().and_then(|view| view.meta(meta::FORMAT)).ok();
        if known == Some(FORMAT) {
            return Ok(self);
        }
        self.write(|tx| {
            tx.make_tables()?;
            match tx.meta(meta::FORMAT)? {
                0 => {
                    tx.set_meta(meta::FORMAT, FORMAT)?;
                    tx.set_meta(meta::LINGER, 3)?;
                    Ok(Ok(()))
                }
                FORMAT => Ok(Ok(())),
                found => Ok(Err(WorldError::Format { found, known: FORMAT })),
            }
        })
        .map_err(|error| WorldError::Store(error.to_string()))??;
        Ok(self)
    }

    /// Where it lies, unless it is in memory.
    pub(super) fn path(&self) -> Option<&FilePath> {
        self.path.as_deref()
    }

    /// A view of what was committed last.
    pub(super) fn read(&self) -> Stored<View> {
        Ok(View::new(self.db.begin_read()?))
    }

    /// Runs `work` in a transaction of its own; nothing of it stays if it fails.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Stored<T>) -> Stored<T> {
        let tx = self.begin()?;
        let answer = work(&tx)?;
        tx.commit()?;
        Ok(answer)
    }

    /// Begins a transaction; one that is dropped was never there.
    pub(super) fn begin(&self) -> Stored<Tx<'_>> {
        // The guarded value is empty: a writer that panicked has left nothing behind in it.
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waited = 0;
        loop {
            match self.db.try_begin_write() {
                Ok(inner) => return Ok(Tx::new(inner, turn)),
                Err(TransactionError::WouldBlock) if waited < PATIENCE => {
                    waited += 1;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(256 << 20);
    builder
}
