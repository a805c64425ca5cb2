//! Network namespaces on a bridge: each is a machine that can be cut off. Needs root.

use std::process::Command;

use anyhow::Context as _;
use nix::unistd::geteuid;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;

use crate::server::Server;

/// A bridge with machines; gone when dropped.
pub struct Network {
    tag: u32,
    subnet: u8,
    machines: usize,
    /// Carries what comes to the address of the database.
    gateway: JoinSet<()>,
}

impl Network {
    /// `None`, with a word about it, without the rights for it.
    pub fn create(machines: usize) -> anyhow::Result<Option<Self>> {
        if !geteuid().is_root() || Command::new("ip").arg("-V").output().is_err() {
            println!("SKIPPED: network namespaces need root and iproute2");
            return Ok(None);
        }
        let tag = std::process::id() % 100_000;
        let network = Self {
            tag,
            subnet: u8::try_from(100 + tag % 100)?,
            machines,
            gateway: JoinSet::new(),
        };
        let bridge = network.bridge();
        ip(&format!("link add {bridge} type bridge"))?;
        ip(&format!("addr add {}/24 dev {bridge}", network.address(1)))?;
        ip(&format!("link set {bridge} up"))?;
        for machine in 0..machines {
            let (space, link) = (network.namespace(machine), network.link(machine));
            ip(&format!("netns add {space}"))?;
            ip(&format!("link add {link} type veth peer name eth0 netns {space}"))?;
            ip(&format!("link set {link} master {bridge} up"))?;
            ip(&format!("-n {space} addr add {}/24 dev eth0", network.machine(machine)))?;
            ip(&format!("-n {space} link set eth0 up"))?;
            ip(&format!("-n {space} link set lo up"))?;
        }
        Ok(Some(network))
    }

    /// Lets the machines reach a database server. Answers with its URL.
    pub async fn connect(&mut self, server: &Server) -> anyhow::Result<String> {
        let address = format!("{}:0", self.address(1));
        let listener = TcpListener::bind(&address).await.context("listening on the bridge")?;
        let port = listener.local_addr()?.port();
        let socket = server.place.socket_folder().join(".s.PGSQL.5432");
        self.gateway.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let socket = socket.clone();
                connections.spawn(async move {
                    if let Ok(mut server) = UnixStream::connect(socket).await {
                        // An error: one of both has gone.
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(format!(
            "postgres://tradepost@{}:{port}/tradepost?sslmode=disable",
            self.address(1)
        ))
    }

    pub fn namespace(&self, machine: usize) -> String {
        format!("tp{}-{machine}", self.tag)
    }

    /// The address of a machine.
    pub fn machine(&self, machine: usize) -> String {
        self.address(11 + machine)
    }

    /// Nothing reaches the machine, and nothing leaves it.
    pub fn cut_off(&self, machine: usize) -> anyhow::Result<()> {
        ip(&format!("link set {} down", self.link(machine)))
    }

    pub fn join(&self, machine: usize) -> anyhow::Result<()> {
        ip(&format!("link set {} up", self.link(machine)))
    }

    fn address(&self, last: usize) -> String {
        format!("10.97.{}.{last}", self.subnet)
    }

    fn bridge(&self) -> String {
        format!("tp{}", self.tag)
    }

    fn link(&self, machine: usize) -> String {
        format!("tp{}v{machine}", self.tag)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.gateway.abort_all();
        for machine in 0..self.machines {
            let _ = ip(&format!("netns del {}", self.namespace(machine)));
        }
        let _ = ip(&format!("link del {}", self.bridge()));
    }
}

fn ip(arguments: &str) -> anyhow::Result<()> {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .context("running ip")?;
    let fault = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "ip {arguments}: {}", fault.trim());
    Ok(())
}
