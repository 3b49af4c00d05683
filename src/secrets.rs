//! Keys made at the first start and kept in the data folder, readable by their owner alone.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng as _;
use sha2::Sha256;

/// 64 bytes for the cookie (32 to encrypt, 32 to sign, of which actix derives its own), 32 for fingerprints.
const LENGTH: usize = 96;

/// The keys.
pub struct Secrets {
    bytes: Vec<u8>,
}

impl Secrets {
    /// Reads them, or makes them at the first start. A file that others may read is closed to them.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not what was written.
    pub fn load(data: &Path) -> io::Result<Self> {
        let path = data.join("secret.key");
        let mut bytes = Vec::new();
        match OpenOptions::new().read(true).open(&path) {
            Ok(mut file) => {
                if file.metadata()?.permissions().mode() & 0o077 != 0 {
                    tracing::warn!("secret.key was readable by others; it is closed to them now");
                    file.set_permissions(Permissions::from_mode(0o600))?;
                }
                file.read_to_end(&mut bytes)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => bytes = make(&path)?,
            Err(error) => return Err(error),
        }
        match bytes.len() {
            LENGTH => Ok(Self { bytes }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "secret.key is damaged")),
        }
    }

    /// For the session cookie.
    pub fn cookie(&self) -> actix_web::cookie::Key {
        actix_web::cookie::Key::from(&self.bytes[..64])
    }

    /// For the codes that are sent to people, as they are stored.
    pub fn codes(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.derived(b"codes")).expect("HMAC takes keys of any length")
    }

    /// A number for the data folder, by which a database knows it again. Positive.
    pub fn folder(&self) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.derived(b"folder");
        i64::from_be_bytes([a & 0x7f, b, c, d, e, f, g, h])
    }

    /// Of the fingerprints' key, which nothing of it tells.
    fn derived(&self, purpose: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new_from_slice(self.fingerprint()).expect("HMAC takes keys of any length");
        mac.chain_update(purpose).finalize().into_bytes().into()
    }

    /// For the fingerprints of sends.
    pub fn fingerprint(&self) -> &[u8] {
        &self.bytes[64..]
    }
}

/// Written whole under another name first: a crash leaves no half a key.
fn make(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; LENGTH];
    rand::rng().fill_bytes(&mut bytes);
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    Ok(bytes)
}
