//! Options that say what a machine is: each gives a field of the definition.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::base::bounded::read_up_to;
use crate::base::{Error, Result};
use crate::ops::define::{Defined, Files};
use crate::vm::At;
use crate::vm::definition::{
    Brief, CloudInit, Drive, Eula, Nic, Os, Product, Property, Scalar, Seed, Size, Word,
};
use crate::vm::seed::{SeedFault, split};

/// The definition files, and what is filled into them.
#[derive(Debug, Args)]
pub(super) struct DefinitionOptions {
    /// A file that defines the machine, in YAML, TOML or JSON; several are merged, the later
    /// over the earlier
    #[arg(short, long, value_name = "FILE", help_heading = "Definition")]
    definition: Vec<PathBuf>,
    /// The value of a parameter of the definition; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Definition")]
    set: Vec<String>,
    /// The value of a parameter, from a file; repeatable
    #[arg(long, value_name = "NAME=FILE", help_heading = "Definition")]
    set_file: Vec<String>,
}

/// The most bytes of a value from a file; what it is filled into has a limit like it.
const MAX_VALUE_BYTES: u64 = 4 << 20;

impl DefinitionOptions {
    /// Reads the definition.
    pub(super) fn load(&self) -> Result<Defined> {
        Defined::load(&self.files()?, |name| std::env::var_os(name))
    }

    /// The files, and what is filled into them.
    pub(super) fn files(&self) -> Result<Files> {
        let mut parameters = Vec::new();
        for text in &self.set {
            parameters.push(pair("--set", text, "NAME=VALUE")?);
        }
        for text in &self.set_file {
            let (name, file) = pair("--set-file", text, "NAME=FILE")?;
            parameters.push((name, read_value(Path::new(&file))?));
        }
        Ok(Files {
            paths: self.definition.clone(),
            parameters,
        })
    }
}

/// The text of the file `path`, without the line end it has as a file.
fn read_value(path: &Path) -> Result<String> {
    let cannot = |error| Error::io("cannot read the value", path, error).in_option("--set-file");
    let file = std::fs::File::open(path);
    let bytes = file.and_then(|file| read_up_to(file, MAX_VALUE_BYTES));
    let bytes = bytes.map_err(cannot)?;
    if bytes.len() as u64 > MAX_VALUE_BYTES {
        return Err(
            Error::usage(format!("the value has more than {MAX_VALUE_BYTES} bytes"))
                .at(path)
                .in_option("--set-file"),
        );
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::usage("the value is not UTF-8")
            .at(path)
            .in_option("--set-file")
            .help("encode it first, such as with `base64`")
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// A name and what stands behind its `=`.
pub(super) fn pair(option: &str, text: &str, form: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Error::usage(format!("`{text}` is not of the form {form}"))
            .in_option(option)
            .help(format!(
                "write `{option} {form}`; what stands behind `=` may be empty"
            ))),
    }
}

/// What the machine is. Every option goes over the field of the definition it is about.
#[derive(Debug, Args)]
pub(super) struct MachineOptions {
    /// Name of the machine and of the files [default: the output's or the first disk's]
    #[arg(long, help_heading = "Machine")]
    pub(super) name: Option<String>,
    /// Guest operating system, such as debian12, ubuntu, rhel9, windows2022; `ovfkit os` lists
    /// all [default: linux, any 64-bit Linux]
    #[arg(long, help_heading = "Machine")]
    os: Option<String>,
    /// Virtual CPUs [default: 2]
    #[arg(long, value_name = "N", help_heading = "Machine")]
    cpus: Option<u32>,
    /// CPUs of a socket
    #[arg(long, value_name = "N", help_heading = "Machine")]
    cores_per_socket: Option<u32>,
    /// Memory, such as 4G or 512M [default: 2G, 4G for Windows]
    #[arg(
        long,
        visible_alias = "memory",
        value_name = "SIZE",
        help_heading = "Machine"
    )]
    mem: Option<String>,
    /// bios or efi [default: bios, efi for Windows 11]
    #[arg(long, help_heading = "Machine")]
    firmware: Option<String>,
    /// Start signed boot loaders only; needs --firmware efi
    #[arg(long, help_heading = "Machine")]
    secure_boot: bool,
    /// A trusted platform module; needs --firmware efi
    #[arg(long, help_heading = "Machine")]
    tpm: bool,
    /// Virtual hardware version [default: the target's, vmx-14 for any]
    #[arg(long, value_name = "vmx-NN", help_heading = "Machine")]
    hardware: Option<String>,

    /// Disk controller: lsilogic, lsilogicsas, pvscsi, buslogic, sata, nvme or ide [default: the
    /// target's; for any pvscsi for Linux, lsilogicsas for Windows, lsilogic for others]
    #[arg(long, value_name = "KIND", help_heading = "Devices")]
    controller: Option<String>,
    /// A network card: e1000, e1000e, vmxnet3 or pcnet32, and its network; repeatable [default:
    /// one on "VM Network", of the target's model; for any vmxnet3 for Linux, e1000e for
    /// Windows, e1000 for others]
    #[arg(long, value_name = "MODEL[:NETWORK]", help_heading = "Devices")]
    nic: Vec<String>,
    /// No network card
    #[arg(long, conflicts_with = "nic", help_heading = "Devices")]
    no_nic: bool,
    /// A CD image to pack, in a drive of its own; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Devices")]
    iso: Vec<String>,

    /// Name of the product
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    product: Option<String>,
    /// Who makes it
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    vendor: Option<String>,
    /// Version of the product
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    version: Option<String>,
    /// A note shown with the machine
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    annotation: Option<String>,
    /// A text file with the licence to accept
    #[arg(long, value_name = "FILE", help_heading = "Product")]
    eula: Option<String>,
    /// A property the user may set at deployment, with its default; repeatable
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Product")]
    property: Vec<String>,

    /// First-boot configuration for cloud-init: user-data, and meta-data and network
    /// configuration behind commas; or a directory with files of these names
    #[arg(long, value_name = "FILE[,FILE[,FILE]]", help_heading = "First boot")]
    cloud_init: Option<String>,
    /// How cloud-init gets it: as properties, or by iso, a CD that any platform has [default:
    /// the target's, properties for vSphere and iso for all others]
    #[arg(long, value_name = "FORM", help_heading = "First boot")]
    seed: Option<String>,
    /// First-boot configuration for Ignition, as JSON
    #[arg(long, value_name = "FILE", help_heading = "First boot")]
    ignition: Option<String>,
}

impl MachineOptions {
    /// Puts what is asked for over what `defined` has of the machine at `root`.
    pub(super) fn apply(&self, root: &At, defined: &mut Defined) -> Result<()> {
        self.apply_machine(root, defined)?;
        self.apply_devices(root, defined)?;
        self.apply_product(root, defined)?;
        self.apply_first_boot(root, defined)
    }

    fn apply_machine(&self, root: &At, defined: &mut Defined) -> Result<()> {
        if let Some(name) = &self.name {
            defined.machine_mut(root).name = Some(name.clone());
            defined.given(root.key("name"), "--name");
        }
        if let Some(os) = &self.os {
            defined.machine_mut(root).os = Some(Brief(parsed("--os", os, Os::from_word)?));
            defined.given(root.key("os"), "--os");
        }
        if let Some(count) = self.cpus {
            defined.machine_mut(root).cpus.get_or_insert_default().count = Some(count);
            defined.given(root.key("cpus").key("count"), "--cpus");
        }
        if let Some(cores) = self.cores_per_socket {
            defined
                .machine_mut(root)
                .cpus
                .get_or_insert_default()
                .cores_per_socket = Some(cores);
            defined.given(
                root.key("cpus").key("cores-per-socket"),
                "--cores-per-socket",
            );
        }
        if let Some(memory) = &self.mem {
            let size: Size = parse("--mem", memory)?;
            defined
                .machine_mut(root)
                .memory
                .get_or_insert_default()
                .size = Some(size);
            defined.given(root.key("memory").key("size"), "--mem");
        }
        if let Some(firmware) = &self.firmware {
            defined.machine_mut(root).firmware = Some(parse("--firmware", firmware)?);
            defined.given(root.key("firmware"), "--firmware");
        }
        if self.secure_boot {
            defined.machine_mut(root).secure_boot = Some(true);
            defined.given(root.key("secure-boot"), "--secure-boot");
        }
        if self.tpm {
            defined.machine_mut(root).tpm = Some(true);
            defined.given(root.key("tpm"), "--tpm");
        }
        if let Some(hardware) = &self.hardware {
            let version: crate::vm::HardwareVersion = parse("--hardware", hardware)?;
            defined.machine_mut(root).hardware = vec![version.to_string()].into();
            defined.given(root.key("hardware"), "--hardware");
        }
        Ok(())
    }

    fn apply_devices(&self, root: &At, defined: &mut Defined) -> Result<()> {
        if let Some(controller) = &self.controller {
            defined.machine_mut(root).controller = Some(parse("--controller", controller)?);
            defined.given(root.key("controller"), "--controller");
        }
        if self.no_nic {
            defined.machine_mut(root).nics = Some(Vec::new());
            defined.given(root.key("nics"), "--no-nic");
        }
        if !self.nic.is_empty() {
            let nics = self.nic.iter().map(|text| nic(text).map(Brief));
            defined.machine_mut(root).nics = Some(nics.collect::<Result<_>>()?);
            defined.given(root.key("nics"), "--nic");
        }
        if !self.iso.is_empty() {
            let drives = self.iso.iter().map(|iso| Drive::from_word(iso).map(Brief));
            defined.machine_mut(root).cdroms = drives.collect::<Result<_>>()?;
            defined.given(root.key("cdroms"), "--iso");
        }
        Ok(())
    }

    fn apply_product(&self, root: &At, defined: &mut Defined) -> Result<()> {
        let texts = [
            ("name", "--product", &self.product),
            ("vendor", "--vendor", &self.vendor),
            ("version", "--version", &self.version),
        ];
        for (key, option, text) in texts {
            let Some(text) = text else { continue };
            if defined.machine_mut(root).product.is_empty() {
                defined
                    .machine_mut(root)
                    .product
                    .push(Brief(Product::default()));
            }
            if let Some(product) = defined.machine_mut(root).product.first_mut() {
                match key {
                    "name" => product.name = Some(text.as_str().into()),
                    "vendor" => product.vendor = Some(text.as_str().into()),
                    _ => product.version = Some(text.clone()),
                }
            }
            defined.given(root.key("product").index(0).key(key), option);
        }
        if let Some(note) = &self.annotation {
            defined.machine_mut(root).annotation = Some(note.as_str().into());
            defined.given(root.key("annotation"), "--annotation");
        }
        if let Some(file) = &self.eula {
            defined.machine_mut(root).eula = vec![Brief(Eula::from_word(file)?)].into();
            defined.given(root.key("eula"), "--eula");
        }
        for text in &self.property {
            let (key, value) = pair("--property", text, "KEY=VALUE")?;
            let at = root.key("properties").key(&key);
            if defined.is_given(&at) {
                let twice = crate::vm::Contradiction::DuplicateProperty { key };
                return Err(Error::from(twice).in_option("--property"));
            }
            let property = defined.machine_mut(root).properties.entry(key);
            let property = property.or_insert_with(|| Brief(Property::default()));
            property.default = Some(Scalar(value));
            defined.given(at, "--property");
        }
        Ok(())
    }

    fn apply_first_boot(&self, root: &At, defined: &mut Defined) -> Result<()> {
        let definition = defined.machine_mut(root);
        if let Some(argument) = &self.cloud_init {
            let paths = split(argument).map_err(|error| error.in_option("--cloud-init"))?;
            let (user_data, meta_data, network_config) = paths;
            let cloud_init = CloudInit {
                user_data: Some(user_data.to_owned()),
                meta_data: meta_data.map(str::to_owned),
                network_config: network_config.map(str::to_owned),
                vendor_data: None,
                seed: definition.cloud_init.as_ref().and_then(|files| files.seed),
            };
            definition.cloud_init = Some(Brief(cloud_init));
            defined.given(root.key("cloud-init"), "--cloud-init");
        }
        if let Some(file) = &self.ignition {
            defined.machine_mut(root).ignition = Some(file.clone());
            defined.given(root.key("ignition"), "--ignition");
        }
        match &self.seed {
            Some(form) => {
                apply_seed(form, root, defined).map_err(|error| error.in_option("--seed"))
            }
            None => Ok(()),
        }
    }
}

/// Has cloud-init get its files by `form`.
fn apply_seed(form: &str, root: &At, defined: &mut Defined) -> Result<()> {
    let seed = match form {
        "properties" => Seed::Properties,
        "iso" => Seed::Iso,
        _ => {
            return Err(
                Error::usage(format!("there is no form `{form}`")).help("choose properties or iso")
            );
        }
    };
    let definition = defined.machine_mut(root);
    match &mut definition.cloud_init {
        Some(cloud_init) => cloud_init.seed = Some(seed),
        None if seed == Seed::Iso && definition.ignition.is_some() => {
            return Err(SeedFault::IgnitionInImage.into());
        }
        None => {
            return Err(
                Error::usage("there are no files for cloud-init to be handed over")
                    .help("name them with `--cloud-init`"),
            );
        }
    }
    defined.given(root.key("cloud-init").key("as"), "--seed");
    Ok(())
}

/// A network card `MODEL[:NETWORK]`.
fn nic(text: &str) -> Result<Nic> {
    let (model, network) = match text.split_once(':') {
        Some((model, network)) => (model, Some(network)),
        None => (text, None),
    };
    if network == Some("") {
        return Err(
            Error::usage(format!("`{text}` names no network behind the colon"))
                .in_option("--nic")
                .help(format!(
                    "write `{model}:NETWORK`, or `{model}` for \"VM Network\""
                )),
        );
    }
    Ok(Nic {
        model: Some(parse("--nic", model)?),
        network: network
            .map(str::to_owned)
            .into_iter()
            .collect::<Vec<_>>()
            .into(),
        ..Nic::default()
    })
}

pub(super) fn parse<T: FromStr<Err = Error>>(option: &str, text: &str) -> Result<T> {
    parsed(option, text, str::parse)
}

fn parsed<T>(option: &str, text: &str, read: impl Fn(&str) -> Result<T>) -> Result<T> {
    read(text).map_err(|error| error.in_option(option))
}

pub(super) fn parse_some<T: FromStr<Err = Error>>(
    option: &str,
    text: Option<&str>,
) -> Result<Option<T>> {
    text.map(|text| parse(option, text)).transpose()
}
