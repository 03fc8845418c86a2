//! From a site's settings to what is needed to reach its cluster.
//!
//! Guarantees: nothing is sent and no credential plugin is run here, so a site that cannot be reached holds up no other;
//! what is wrong with the kubeconfig is said in words that lead to its mending, and never quotes what is secret in it.

use std::path::PathBuf;
use std::time::Duration;

use afctl_contract::language;
use futures::FutureExt;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

/// Why a site's cluster cannot be talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ConnectError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Reads the kubeconfig that the settings name, and picks the context.
pub(super) fn configure(settings: &language::Kubernetes) -> Result<Config, ConnectError> {
    let (kubeconfig, whence) = match &settings.kubeconfig {
        Some(path) => {
            let path = expand(path);
            let whence = path.display().to_string();
            (Kubeconfig::read_from(&path).map_err(|error| explain(error, &whence))?, whence)
        }
        None => match found()? {
            Some(found) => found,
            None if settings.context.is_none() => return in_cluster(),
            None => return Err(nowhere()),
        },
    };
    let mut config = pick(kubeconfig, &whence, settings.context.as_ref())?;
    tune(&mut config);
    Ok(config)
}

/// The kubeconfig that kubectl would use, and where it is.
fn found() -> Result<Option<(Kubeconfig, String)>, ConnectError> {
    if let Some(paths) = std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty()) {
        let whence = format!("$KUBECONFIG ({})", paths.to_string_lossy());
        let read = Kubeconfig::from_env().map_err(|error| explain(error, &whence))?;
        return Ok(read.map(|kubeconfig| (kubeconfig, whence)));
    }
    let Some(path) = std::env::home_dir().map(|home| home.join(".kube").join("config")) else {
        return Ok(None);
    };
    if !path.exists() {
        return Ok(None);
    }
    let whence = path.display().to_string();
    Ok(Some((Kubeconfig::read_from(&path).map_err(|error| explain(error, &whence))?, whence)))
}

fn in_cluster() -> Result<Config, ConnectError> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(nowhere());
    }
    let mut config = Config::incluster().map_err(|error| {
        ConnectError::new(
            format!("this pod's service account cannot be used: {error}"),
            "mount the service account's token, or name a kubeconfig",
        )
    })?;
    tune(&mut config);
    Ok(config)
}

fn nowhere() -> ConnectError {
    ConnectError::new(
        "there is no kubeconfig: $KUBECONFIG is not set and ~/.kube/config is not there",
        "give its path as `scheduler.kubernetes.kubeconfig` of the site, or set $KUBECONFIG",
    )
}

fn pick(kubeconfig: Kubeconfig, whence: &str, context: Option<&String>) -> Result<Config, ConnectError> {
    let known: Vec<String> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    let wanted = match context.or(kubeconfig.current_context.as_ref()).filter(|name| !name.is_empty()) {
        Some(wanted) => wanted.clone(),
        None => {
            return Err(ConnectError::new(
                format!("{whence} has no current context"),
                format!("name one as `scheduler.kubernetes.context` of the site; it has {}", listed(&known)),
            ));
        }
    };
    if !known.contains(&wanted) {
        return Err(no_such_context(&wanted, whence, &known));
    }
    let options = KubeConfigOptions { context: Some(wanted), ..KubeConfigOptions::default() };
    // kube's loader is asynchronous in name only: it reads files, and its future is ready at once.
    let loaded = Config::from_custom_kubeconfig(kubeconfig, &options).now_or_never();
    let unsettled = || Err(KubeconfigError::LoadContext(whence.to_owned()));
    loaded.unwrap_or_else(unsettled).map_err(|error| explain(error, whence))
}

fn no_such_context(wanted: &str, whence: &str, known: &[String]) -> ConnectError {
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(name, wanted), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let help = match nearest {
        Some((_, name)) => format!("did you mean `{name}`? It has {}", listed(known)),
        None => format!("it has {}", listed(known)),
    };
    ConnectError::new(format!("{whence} has no context `{wanted}`"), help)
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    match names.len() {
        0 => "no contexts".to_owned(),
        n if n > MOST => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
        _ => names.join(", "),
    }
}

fn explain(error: KubeconfigError, whence: &str) -> ConnectError {
    let look = || format!("look at it with `kubectl config view --kubeconfig {whence}`");
    match error {
        KubeconfigError::ReadConfig(error, path) => ConnectError::new(
            format!("the kubeconfig {} cannot be read: {error}", path.display()),
            "give the path of a file that is there and that you may read",
        ),
        // What a parser says of a text quotes it, and this one has keys and tokens in it.
        KubeconfigError::Parse(_) => {
            ConnectError::new(format!("the kubeconfig {whence} is not YAML of a kubeconfig"), look())
        }
        KubeconfigError::LoadClusterOfContext(cluster) => {
            ConnectError::new(format!("{whence} has no cluster `{cluster}`, which the context names"), look())
        }
        KubeconfigError::MissingClusterUrl => {
            ConnectError::new(format!("the cluster of the context has no `server` in {whence}"), look())
        }
        other => ConnectError::new(format!("the kubeconfig {whence} cannot be used: {other}"), look()),
    }
}

fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

fn tune(config: &mut Config) {
    config.connect_timeout = Some(CONNECT_LIMIT);
    // Trying again is the engine's business, which knows what else is under way.
    config.default_retry = false;
    let agent = http::HeaderValue::from_static(concat!("afctl/", env!("CARGO_PKG_VERSION")));
    config.headers.push((http::header::USER_AGENT, agent));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{apiVersion: v1, kind: Config, clusters: [{name: c, cluster: {server: 'https://af.example.org:6443'}}], \
        users: [], contexts: [{name: uchicago-af, context: {cluster: c}}, {name: lost, context: {cluster: gone}}]}";

    fn picked(context: Option<&str>) -> Result<Config, ConnectError> {
        let kubeconfig = Kubeconfig::from_yaml(TEXT).unwrap();
        pick(kubeconfig, "FILE", context.map(str::to_owned).as_ref())
    }

    #[test]
    fn a_context_is_picked_by_its_name() {
        let config = picked(Some("uchicago-af")).unwrap();
        assert_eq!(config.cluster_url.to_string(), "https://af.example.org:6443/");
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        let error = picked(Some("uchicago")).unwrap_err();
        assert_eq!(error.message, "FILE has no context `uchicago`");
        assert_eq!(error.help.as_deref(), Some("did you mean `uchicago-af`? It has uchicago-af, lost"));
        let error = picked(None).unwrap_err();
        assert_eq!(error.message, "FILE has no current context");
        let error = picked(Some("lost")).unwrap_err();
        assert_eq!(error.message, "FILE has no cluster `gone`, which the context names");
    }

    #[test]
    fn a_kubeconfig_that_is_not_there_is_named() {
        let settings =
            language::Kubernetes { kubeconfig: Some("/nowhere/kubeconfig".into()), ..Default::default() };
        let error = configure(&settings).unwrap_err();
        assert!(error.message.contains("/nowhere/kubeconfig"), "{error}");
    }
}
