//! `tradepostd sample`: makes packs of a folder of SVG files, or of images that the program draws itself; or a whole catalogue.

mod catalogue;
mod words;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use tradepost_common::catalog::Kind;
use tradepost_inspect::manifest::MAX_FILES;
use tradepost_inspect::sample::{PackSpec, SampleFile, drawn_pack, eicar, scripted, write_pack};
use walkdir::WalkDir;

#[derive(Debug, clap::Subcommand)]
pub enum SampleCommand {
    /// Make a pack of the SVG files below a folder.
    Pack(Box<PackArgs>),
    /// Make a pack of generated drawings.
    Drawn {
        /// The ZIP to write.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        hostile: Hostile,
    },
    /// Fill the database with published items without files, to measure lists and the search.
    Catalogue(catalogue::CatalogueArgs),
}

#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// Folder of the SVG files; they are taken in the order of their names.
    folder: PathBuf,
    /// The ZIP to write.
    #[arg(long)]
    out: PathBuf,
    #[arg(long)]
    family: String,
    #[arg(long)]
    set: String,
    /// icon or illustration.
    #[arg(long, default_value = "icon")]
    kind: String,
    /// An SPDX identifier.
    #[arg(long)]
    licence: String,
    /// Attribution that the licence requires.
    #[arg(long)]
    attribution: Option<String>,
    /// Origin of the files, for instance "lucide-static 1.62.0".
    #[arg(long)]
    source: Option<String>,
    /// In minor units (cents).
    #[arg(long, default_value_t = 0)]
    price: i64,
    #[arg(long, default_value = "EUR")]
    currency: String,
    #[arg(long, value_delimiter = ',')]
    tags: Vec<String>,
    /// Maximum number of files.
    #[arg(long, default_value_t = MAX_FILES)]
    limit: usize,
    /// Number of files to skip at the beginning.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    #[command(flatten)]
    hostile: Hostile,
}

/// Files that must never be published.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Hostile {
    /// Add a file with the EICAR test string, which every scanner reports.
    #[arg(long)]
    with_eicar: bool,
    /// Add a picture with a script and an event handler.
    #[arg(long)]
    with_script: bool,
}

impl Hostile {
    /// Adds the files; a pack that carries one is another set.
    fn add_to(self, mut pack: PackSpec) -> PackSpec {
        if self.with_eicar {
            pack.files.push(SampleFile::new("extras/eicar.svg", eicar()));
            pack.set.push_str(" with a virus");
        }
        if self.with_script {
            pack.files
                .push(SampleFile::new("extras/scripted.svg", scripted().into_bytes()));
            pack.set.push_str(" with a script");
        }
        pack
    }
}

/// Makes the pack and prints its size.
pub fn run(command: SampleCommand) -> anyhow::Result<()> {
    let (spec, out) = match command {
        SampleCommand::Pack(args) => (args.spec()?, args.out),
        SampleCommand::Drawn { out, hostile } => (hostile.add_to(drawn_pack()), out),
        SampleCommand::Catalogue(args) => return catalogue::run(&args),
    };
    let file = File::create(&out).with_context(|| format!("creating {}", out.display()))?;
    write_pack(&spec, file)?;
    super::output::print(&format!(
        "{}: {} files, {} / {}",
        out.display(),
        spec.files.len(),
        spec.family,
        spec.set
    ))
}

impl PackArgs {
    fn spec(&self) -> anyhow::Result<PackSpec> {
        ensure!(
            [Kind::Icon, Kind::Illustration]
                .iter()
                .any(|kind| self.kind == kind.as_str()),
            "kind must be icon or illustration: the folder is one of SVG files"
        );
        let files = read_folder(&self.folder, &format!("{}s", self.kind), self.skip, self.limit)?;
        ensure!(
            !files.is_empty(),
            "there is no SVG file below {}",
            self.folder.display()
        );
        let spec = self.hostile.add_to(PackSpec {
            family: self.family.clone(),
            set: self.set.clone(),
            kind: self.kind.clone(),
            licence: self.licence.clone(),
            attribution: self.attribution.clone(),
            source: self.source.clone(),
            price_minor: self.price,
            currency: self.currency.clone(),
            tags: self.tags.clone(),
            files,
        });
        let faults: Vec<_> = spec.faults().into_iter().map(|fault| fault.message).collect();
        ensure!(
            faults.is_empty(),
            "the pack would be refused:\n  {}",
            faults.join("\n  ")
        );
        Ok(spec)
    }
}

/// Reads the SVG files below a folder, in the order of their paths.
fn read_folder(folder: &Path, prefix: &str, skip: usize, limit: usize) -> anyhow::Result<Vec<SampleFile>> {
    let mut paths = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true) {
        let path = entry.context("reading the folder")?.into_path();
        if path.extension().is_some_and(|extension| extension == "svg") && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    let read = |path: &PathBuf| {
        let inside = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Ok(SampleFile::new(
            format!("{prefix}/{}", inside.replace('\\', "/")),
            bytes,
        ))
    };
    paths.iter().skip(skip).take(limit).map(read).collect()
}
