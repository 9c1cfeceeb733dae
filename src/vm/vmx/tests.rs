use super::*;
use crate::vm::build;
use crate::vm::definition::{Brief, Os};

/// What `text` becomes. Files are below `vm`, save those called `gone`; drives of Windows are
/// not here.
fn recovered(text: &str) -> Recovered {
    let file = |name: &str| match name.strip_prefix("C:\\") {
        Some(name) => Found {
            path: format!("vm/{name}"),
            exists: true,
            moved: true,
        },
        None => Found {
            path: format!("vm/{name}"),
            exists: !name.starts_with("gone"),
            moved: false,
        },
    };
    let around = Around {
        name: "file",
        file: &file,
    };
    let dictionary = Dictionary::parse(text.as_bytes()).expect("readable");
    define(&dictionary, &around).expect("a definition")
}

/// The lines of the definition of `text` that are no comments, and what is told.
fn lines(text: &str) -> (Vec<String>, Vec<String>) {
    let recovered = recovered(text);
    let written = recovered
        .definition
        .to_yaml(&[], &[], &[])
        .expect("written");
    let is_value = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let values = written.lines().filter(is_value).map(str::to_owned);
    (values.collect(), recovered.remarks)
}

/// `lines` of a machine with what is always said of it in front.
fn machine(lines: &str) -> String {
    format!(
        "displayName = \"vm\"\nguestOS = \"debian12-64\"\nvirtualHW.version = \"14\"\n\
         memsize = \"1024\"\n{lines}"
    )
}

/// What is said of [`machine`] with `lines` beyond what is always said.
#[track_caller]
fn check(lines: &str, expected: &[&str], remarks: &[&str]) {
    let (values, told) = self::lines(&machine(lines));
    let usual = [
        "name: vm",
        "os: debian12",
        "cpus: 1",
        "memory: 1 GiB",
        "nics: []",
    ];
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.retain(|line| !usual.contains(line));
    assert_eq!(values, expected, "{told:?}");
    assert_eq!(told.len(), remarks.len(), "{told:#?}");
    for (told, remark) in told.iter().zip(remarks) {
        assert!(told.contains(remark), "no {remark:?} in {told:?}");
    }
}

#[test]
fn a_machine_of_workstation() {
    let (values, remarks) = lines(
        "#!/usr/bin/vmware\r\n.encoding = \"windows-1252\"\r\nconfig.version = \"8\"\r\n\
         virtualHW.version = \"14\"\r\nmks.enable3d = \"TRUE\"\r\nvmci0.present = \"TRUE\"\r\n\
         pciBridge0.present = \"TRUE\"\r\npciBridge4.functions = \"8\"\r\nhpet0.present = \"TRUE\"\r\n\
         nvram = \"box.nvram\"\r\nvirtualHW.productCompatibility = \"hosted\"\r\n\
         powerType.powerOff = \"soft\"\r\ndisplayName = \"My |22Box|22\"\r\nguestOS = \"ubuntu-64\"\r\n\
         tools.syncTime = \"TRUE\"\r\nsound.autoDetect = \"TRUE\"\r\nsound.fileName = \"-1\"\r\n\
         sound.present = \"TRUE\"\r\nsound.virtualDev = \"hdaudio\"\r\nnumvcpus = \"4\"\r\n\
         cpuid.coresPerSocket = \"2\"\r\nvcpu.hotadd = \"TRUE\"\r\nmemsize = \"4096\"\r\n\
         mem.hotadd = \"TRUE\"\r\nscsi0.virtualDev = \"lsilogic\"\r\nscsi0.present = \"TRUE\"\r\n\
         sata0.present = \"TRUE\"\r\nscsi0:0.fileName = \"box-000001.vmdk\"\r\n\
         scsi0:0.present = \"TRUE\"\r\nsata0:1.deviceType = \"cdrom-image\"\r\n\
         sata0:1.fileName = \"os.iso\"\r\nsata0:1.present = \"TRUE\"\r\nusb.present = \"TRUE\"\r\n\
         ehci.present = \"TRUE\"\r\nethernet0.connectionType = \"nat\"\r\n\
         ethernet0.addressType = \"generated\"\r\nethernet0.virtualDev = \"e1000\"\r\n\
         ethernet0.present = \"TRUE\"\r\nextendedConfigFile = \"box.vmxf\"\r\nfloppy0.present = \"FALSE\"\r\n\
         uuid.bios = \"56 4d\"\r\nethernet0.generatedAddress = \"00:0c:29:00:00:01\"\r\n\
         ethernet0.pciSlotNumber = \"33\"\r\nusb:1.present = \"TRUE\"\r\nusb:1.speed = \"2\"\r\n\
         scsi0:0.redo = \"\"\r\nvmotion.checkpointFBSize = \"4194304\"\r\ncleanShutdown = \"TRUE\"\r\n\
         gui.exitOnCLIHLT = \"FALSE\"\r\ntoolsInstallManager.updateCounter = \"1\"\r\n",
    );
    assert!(remarks.is_empty(), "{remarks:#?}");
    assert_eq!(
        values,
        [
            "name: My--Box",
            "title: My \"Box\"",
            "os: ubuntu",
            "cpus: { count: 4, cores-per-socket: 2, hot-add: true }",
            "memory: { size: 4 GiB, hot-add: true }",
            "controller: lsilogic",
            "disks: [vm/box-000001.vmdk]",
            "cdroms: [{ image: vm/os.iso, at: sata0:1 }]",
            "nics: [{ network: nat, model: e1000 }]",
            "video: { accelerated: true }",
            "usb: { model: ehci }",
            "sound: { model: hdaudio }",
            "config: { tools.syncTimeWithHost: true }",
        ]
    );
}

#[test]
fn a_machine_of_esxi() {
    let (values, remarks) = lines(
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"19\"\n\
         nvram = \"srv.nvram\"\nsvga.present = \"TRUE\"\nvmci0.present = \"TRUE\"\n\
         floppy0.present = \"FALSE\"\nnumvcpus = \"2\"\nmemSize = \"8192\"\nfirmware = \"efi\"\n\
         powerType.powerOff = \"default\"\ntools.upgrade.policy = \"manual\"\n\
         sched.cpu.units = \"mhz\"\nsched.cpu.affinity = \"all\"\nsched.cpu.min = \"1000\"\n\
         sched.cpu.max = \"4000\"\nsched.cpu.shares = \"high\"\nsched.mem.min = \"2048\"\n\
         sched.mem.max = \"unlimited\"\nsched.mem.minSize = \"2048\"\nsched.mem.shares = \"low\"\n\
         scsi0.virtualDev = \"pvscsi\"\nscsi0.present = \"TRUE\"\nsata0.present = \"TRUE\"\n\
         usb_xhci.present = \"TRUE\"\nsvga.autodetect = \"TRUE\"\nsvga.vramSize = \"16777216\"\n\
         scsi0:0.deviceType = \"scsi-hardDisk\"\nscsi0:0.fileName = \"srv.vmdk\"\n\
         sched.scsi0:0.shares = \"normal\"\nsched.scsi0:0.throughputCap = \"off\"\n\
         scsi0:0.present = \"TRUE\"\nethernet0.virtualDev = \"vmxnet3\"\n\
         ethernet0.networkName = \"VM Network\"\nethernet0.addressType = \"vpx\"\n\
         ethernet0.generatedAddress = \"00:50:56:80:00:01\"\nethernet0.present = \"TRUE\"\n\
         sata0:0.deviceType = \"atapi-cdrom\"\nsata0:0.fileName = \"/vmfs/devices/cdrom/mpx.vmhba1\"\n\
         sata0:0.present = \"TRUE\"\ndisplayName = \"srv\"\nguestOS = \"windows2019srv-64\"\n\
         uefi.secureBoot.enabled = \"TRUE\"\ndisk.EnableUUID = \"TRUE\"\nvtpm.present = \"TRUE\"\n\
         toolScripts.afterPowerOn = \"TRUE\"\ntools.syncTime = \"FALSE\"\nvc.uuid = \"50 20\"\n\
         vm.genid = \"7113999362931944212\"\nmigrate.hostlog = \"./srv.hlog\"\n\
         numa.autosize.cookie = \"20012\"\nscsi0.sasWWID = \"50 05\"\n",
    );
    assert_eq!(
        values,
        [
            "name: srv",
            "os: windows2019",
            "cpus: { count: 2, reservation: 1000, limit: 4000, shares: 4000 }",
            "memory: { size: 8 GiB, reservation: 2 GiB, shares: 40960 }",
            "firmware: efi",
            "secure-boot: true",
            "tpm: true",
            "hardware: vmx-19",
            "controller: pvscsi",
            "disks: [vm/srv.vmdk]",
            "cdroms: [{ at: sata0:0 }]",
            "nics: [{ network: VM Network, model: vmxnet3 }]",
            "usb: { model: xhci }",
            "extra-config: { disk.EnableUUID: 'TRUE' }",
        ]
    );
    let expected = [
        "line 4, `nvram = \"srv.nvram\"`: boot entries",
        "line 45, `vtpm.present = \"TRUE\"`: the machine gets a module",
    ];
    assert_eq!(remarks.len(), expected.len(), "{remarks:#?}");
    for (remark, expected) in remarks.iter().zip(expected) {
        assert!(remark.starts_with(expected), "{remark}");
    }
}

#[test]
fn a_machine_of_fusion_and_packer() {
    // Keys are in lower case once packer has written them.
    let (values, remarks) = lines(
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualhw.version = \"14\"\n\
         displayname = \"base\"\nguestos = \"rockylinux-64\"\nfirmware = \"efi\"\n\
         managedvm.autoaddvtpm = \"software\"\nnumvcpus = \"2\"\nmemsize = \"2048\"\n\
         nvme0.present = \"TRUE\"\nnvme0:0.present = \"TRUE\"\nnvme0:0.filename = \"disk.vmdk\"\n\
         sata0.present = \"TRUE\"\nsata0:0.present = \"TRUE\"\nsata0:0.devicetype = \"cdrom-raw\"\n\
         sata0:0.filename = \"auto detect\"\nsata0:0.autodetect = \"TRUE\"\n\
         sata0:0.startconnected = \"FALSE\"\nethernet0.present = \"TRUE\"\n\
         ethernet0.connectiontype = \"custom\"\nethernet0.vnet = \"vmnet2\"\n\
         ethernet0.bsdname = \"en0\"\nethernet0.displayname = \"Ethernet\"\n\
         ethernet0.linkstatepropagation.enable = \"FALSE\"\nethernet0.wakeonpcktrcv = \"FALSE\"\n\
         ethernet0.virtualdev = \"vmxnet3\"\nbios.bootorder = \"hdd,CDROM\"\n\
         remotedisplay.vnc.enabled = \"TRUE\"\nvhv.enable = \"TRUE\"\nsmc.present = \"FALSE\"\n",
    );
    assert_eq!(
        values,
        [
            "name: base",
            "os: rocky",
            "cpus: 2",
            "memory: 2 GiB",
            "firmware: efi",
            "tpm: true",
            "disks: [{ image: vm/disk.vmdk, at: nvme0:0 }]",
            "cdroms: [{ at: sata0:0 }]",
            "nics:",
            "  - network: vmnet2",
            "    config: { wakeOnLanEnabled: false }",
            "boot-order: [disk1, cdrom1]",
            "config: { nestedHVEnabled: true }",
        ]
    );
    assert_eq!(remarks.len(), 2, "{remarks:#?}");
    assert!(
        remarks[1].contains("line 28, `remotedisplay.vnc.enabled"),
        "{remarks:#?}"
    );
}

#[test]
fn disks_have_modes_and_places() {
    check(
        "scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"pvscsi\"\nscsi0:0.present = \"TRUE\"\n\
         scsi0:0.fileName = \"C:\\a.vmdk\"\nscsi0:2.present = \"TRUE\"\nscsi0:2.fileName = \"b.vmdk\"\n\
         scsi0:2.mode = \"independent-nonpersistent\"\nscsi0:1.present = \"FALSE\"\n\
         scsi0:1.fileName = \"no.vmdk\"\nscsi1.present = \"FALSE\"\nscsi1:0.present = \"TRUE\"\n\
         scsi1:0.fileName = \"no.vmdk\"\nide0:0.present = \"TRUE\"\nide0:0.fileName = \"c.vmdk\"\n\
         ide0:0.mode = \"independent-persistent\"\nide0:0.writeThrough = \"TRUE\"\n\
         scsi0:3.present = \"TRUE\"\nscsi0:3.fileName = \"d.vmdk\"\nscsi0:3.sharing = \"multi-writer\"\n\
         scsi0:7.present = \"TRUE\"\nscsi0:7.fileName = \"e.vmdk\"\nscsi0:4.present = \"TRUE\"\n\
         scsi0:5.present = \"TRUE\"\nscsi0:5.deviceType = \"scsi-passthru\"\n",
        &[
            "disks:",
            "  - vm/a.vmdk",
            "  - { image: vm/b.vmdk, at: scsi0:2, read-only: true }",
            "  - { image: vm/d.vmdk, at: scsi0:3, shared: true }",
            "  - vm/e.vmdk",
            "  - image: vm/c.vmdk",
            "    at: ide0:0",
            "    config: { backing.diskMode: independent_persistent, backing.writeThrough: true }",
        ],
        &[
            "`scsi0:0.fileName = \"C:\\a.vmdk\"`: the path leads nowhere here; `vm/a.vmdk` is taken",
            "`scsi0:7.present = \"TRUE\"`: there is no such place",
            "`scsi0:4.present = \"TRUE\"`: the disk names no file",
            "`scsi0:5.deviceType = \"scsi-passthru\"`: a definition has no key",
        ],
    );
}

#[test]
fn controllers_have_models() {
    check(
        "scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"lsisas1068\"\nscsi0:0.present = \"TRUE\"\n\
         scsi0:0.fileName = \"a.vmdk\"\nscsi1.present = \"TRUE\"\nscsi1.virtualDev = \"fancy\"\n\
         scsi1.sharedBus = \"virtual\"\nscsi2.present = \"TRUE\"\nscsi2.virtualDev = \"BusLogic\"\n\
         scsi2.sharedBus = \"none\"\nscsi9.present = \"TRUE\"\nscsi3:0.present = \"TRUE\"\n\
         scsi3:0.fileName = \"b.vmdk\"\nscsi8.pciSlotNumber = \"1\"\n",
        &[
            "controllers: [lsilogicsas, lsilogic, buslogic, lsilogic]",
            "disks: [{ image: vm/a.vmdk, at: scsi0:0 }, { image: vm/b.vmdk, at: scsi3:0 }]",
        ],
        &[
            "the model of `scsi3`, which the file leaves to VMware: it is taken for LSI Logic",
            "`scsi1.virtualDev = \"fancy\"`: is no SCSI controller",
            "`scsi1.sharedBus = \"virtual\"`",
            "`scsi9.present = \"TRUE\"`: a machine has no more than four",
        ],
    );
}

#[test]
fn drives_have_images_that_are_there() {
    check(
        "ide0:0.present = \"TRUE\"\nide0:0.deviceType = \"cdrom-image\"\nide0:0.fileName = \"a.iso\"\n\
         ide0:1.present = \"TRUE\"\nide0:1.deviceType = \"cdrom-image\"\nide0:1.fileName = \"gone.iso\"\n\
         ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\nide1:0.fileName = \"b.iso\"\n\
         ide1:0.startConnected = \"FALSE\"\nide1:1.present = \"TRUE\"\nide1:1.deviceType = \"atapi-cdrom\"\n\
         ide1:1.fileName = \"/dev/sr0\"\nide1:1.clientDevice = \"TRUE\"\nfloppy0.present = \"TRUE\"\n\
         floppy0.fileType = \"file\"\nfloppy0.fileName = \"a.flp\"\nfloppy1.fileType = \"device\"\n\
         floppy1.fileName = \"/dev/fd0\"\n",
        &["cdroms: [vm/a.iso, {}, {}, {}]", "floppies: [vm/a.flp, {}]"],
        &[
            "`ide0:1.fileName = \"gone.iso\"`: there is no such file",
            "`ide1:0.fileName = \"b.iso\"`: the drive is empty",
        ],
    );
}

#[test]
fn adapters_have_networks_and_addresses() {
    check(
        "ethernet0.present = \"TRUE\"\nethernet0.virtualDev = \"vmxnet3\"\n\
         ethernet1.present = \"TRUE\"\nethernet1.virtualDev = \"vlance\"\n\
         ethernet1.connectionType = \"hostonly\"\nethernet1.addressType = \"static\"\n\
         ethernet1.address = \"00:50:56:00:00:01\"\nethernet1.checkMACAddress = \"FALSE\"\n\
         ethernet2.present = \"FALSE\"\nethernet2.virtualDev = \"e1000\"\nethernet3.present = \"TRUE\"\n\
         ethernet3.virtualDev = \"vmxnet\"\nethernet3.features = \"15\"\n\
         ethernet3.connectionType = \"custom\"\nethernet3.vnet = \"/dev/vmnet7\"\n\
         ethernet3.startConnected = \"FALSE\"\nethernet3.allowGuestConnectionControl = \"FALSE\"\n\
         ethernet4.present = \"TRUE\"\nethernet4.virtualDev = \"virtio\"\nethernet4.networkName = \"LAN\"\n\
         ethernet4.addressType = \"static\"\nethernet4.address = \"01:00:00:00:00:00\"\n\
         ethernet5.present = \"TRUE\"\nethernet5.dvs.portgroupId = \"dvportgroup-1\"\n",
        &[
            "nics:",
            "  - bridged",
            "  - { network: hostonly, model: pcnet32, mac: '00:50:56:00:00:01' }",
            "  - network: vmnet7",
            "    subtype: Vmxnet2",
            "    connected: false",
            "    address: 10",
            "    config: { connectable.allowGuestControl: false }",
            "  - { network: LAN, address: 11 }",
            "  - { network: dvportgroup-1, model: e1000, address: 12 }",
        ],
        &[
            "the model of `ethernet5`, which the file leaves to VMware: it is taken for e1000",
            "`ethernet4.virtualDev = \"virtio\"`: is no network adapter",
            "`ethernet4.address = \"01:00:00:00:00:00\"`: is no MAC address",
            "`ethernet5.dvs.portgroupId = \"dvportgroup-1\"`: the network has no name",
        ],
    );
}

#[test]
fn other_devices_come_over() {
    check(
        "serial0.present = \"TRUE\"\nserial0.fileType = \"network\"\nserial0.fileName = \"telnet://:20\"\n\
         serial0.network.endPoint = \"server\"\nserial0.yieldOnMsrRead = \"TRUE\"\n\
         serial1.present = \"TRUE\"\nserial1.fileType = \"thinprint\"\nserial1.startConnected = \"FALSE\"\n\
         serial2.present = \"FALSE\"\nserial2.fileName = \"no\"\nparallel0.present = \"TRUE\"\n\
         parallel0.fileName = \"/dev/parport0\"\nparallel0.bidirectional = \"TRUE\"\n\
         parallel1.present = \"TRUE\"\nparallel1.fileType = \"pipe\"\nusb.present = \"TRUE\"\n\
         sound.present = \"TRUE\"\nsvga.autodetect = \"FALSE\"\nsvga.vramSize = \"8388608\"\n\
         svga.numDisplays = \"2\"\npciPassthru0.present = \"TRUE\"\npciPassthru0.id = \"00000:001:00.0\"\n\
         pciPassthru0.deviceId = \"0x1b38\"\npciPassthru0.vendorId = \"0x10de\"\n\
         pciPassthru1.present = \"TRUE\"\npciPassthru1.vgpu = \"grid_m10\"\n\
         pciPassthru1.pciSlotNumber = \"64\"\n",
        &[
            "serial-ports:",
            "  - backing: uri",
            "    connected: true",
            "    config: { yieldOnPoll: true }",
            "  - { backing: thinprint }",
            "parallel-ports: [{ backing: device, connected: true }, { connected: true }]",
            "video: { memory: 8 MiB, displays: 2 }",
            "usb:",
            "  model: ehci",
            "  config: { ehciEnabled: false }",
            "sound: { model: ensoniq1371 }",
            "pci:",
            "  - kind: passthrough",
            "    config:",
            "      backing.id: '00000:001:00.0'",
            "      backing.deviceId: '0x1b38'",
            "      backing.vendorId: '0x10de'",
            "  - kind: vmiop",
            "    config: { backing.vgpu: grid_m10 }",
        ],
        &[
            "`serial0.fileName = \"telnet://:20\"`: where a port leads",
            "`parallel1.fileType = \"pipe\"`: leads nowhere",
        ],
    );
}

#[test]
fn the_order_of_starting_names_devices() {
    let two = "scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"pvscsi\"\nscsi0:0.present = \"TRUE\"\n\
               scsi0:0.fileName = \"a.vmdk\"\nscsi0:1.present = \"TRUE\"\nscsi0:1.fileName = \"b.vmdk\"\n\
               ethernet3.present = \"TRUE\"\nethernet3.virtualDev = \"vmxnet3\"\n\
               ethernet3.networkName = \"LAN\"\n";
    for (lines, order, remarks) in [
        ("bios.bootOrder = \"ethernet3,hdd\"\n", "[nic1, disk1]", 0),
        (
            "bios.bootOrder = \"HDD\"\nbios.hddOrder = \"scsi0:1,scsi0:0\"\n",
            "[disk2, disk1]",
            0,
        ),
        (
            "bios.bootDeviceClasses = \"allow:net,hd,cd\"\n",
            "[nic1, disk1]",
            0,
        ),
        ("bios.hddOrder = \"SCSI0:1\"\n", "disk2", 0),
        ("bios.hddOrder = \"scsi0:0\"\n", "", 0),
        ("bios.hddOrder = \"scsi0:9\"\n", "", 1),
        ("bios.bootOrder = \"hdd,tape,,ethernet0\"\n", "disk1", 1),
        ("bios.bootOrder = \"deny:hdd\"\n", "", 1),
    ] {
        let (values, told) = self::lines(&machine(&format!("{two}{lines}")));
        let line = values
            .iter()
            .find_map(|line| line.strip_prefix("boot-order: "));
        assert_eq!(line.unwrap_or_default(), order, "{lines}");
        assert_eq!(told.len(), remarks, "{lines}: {told:?}");
    }
}

#[test]
fn what_is_wrong_is_left_out_and_told() {
    let (values, remarks) = lines(
        "numvcpus = \"many\"\nmemsize = \"-5\"\nfirmware = \"open\"\nvirtualHW.version = \"5\"\n\
         guestOS = \"plan9\"\nvcpu.hotadd = \"perhaps\"\nsched.mem.max = \"99999999999999999\"\n\
         uefi.secureBoot.enabled = \"TRUE\"\nmanagedvm.autoAddVTPM = \"software\"\n\
         powerType.reset = \"gently\"\nsvga.vramSize = \"1000\"\nnuma.nodeAffinity = \"0|0A1\"\n",
    );
    assert_eq!(values, ["name: file", "os: other", "nics: []"]);
    let expected = [
        "line 1, `numvcpus = \"many\"`: has to be a whole number that is not too large",
        "line 2, `memsize = \"-5\"`: has to be a whole number that is not too large",
        "line 3, `firmware = \"open\"`: is no firmware; it has to be `bios` or `efi`",
        "line 4, `virtualHW.version = \"5\"`: there is no such virtual hardware",
        "line 5, `guestOS = \"plan9\"`: is no guest ovfkit knows; the next wider one is taken",
        "line 6, `vcpu.hotadd = \"perhaps\"`: has to be `TRUE` or `FALSE`",
        "line 7, `sched.mem.max = \"99999999999999999\"`: is more than any host has",
        "line 8, `uefi.secureBoot.enabled = \"TRUE\"`: means nothing without `firmware = \"efi\"`",
        "line 9, `managedvm.autoAddVTPM = \"software\"`: there is no such module without `firmware = \"efi\"`",
        "line 10, `powerType.reset = \"gently\"`: has to be `soft`, `hard` or `default`",
        "line 11, `svga.vramSize = \"1000\"`: is no number of whole KiB",
        "line 12, `numa.nodeAffinity = \"0 1\"`: a definition has no key for it",
    ];
    assert_eq!(remarks, expected);
}

#[test]
fn lines_for_the_guest_stay_lines() {
    check(
        "guestinfo.userdata = \"I2Nsb3Vk\"\nguestinfo.vmtools.versionNumber = \"12345\"\n\
         isolation.tools.copy.disable = \"TRUE\"\ntime.synchronize.restore = \"FALSE\"\n\
         disk.enableUUID = \"TRUE\"\nannotation = \"One|0D|0ATwo\"\n\
         toolScripts.afterResume = \"FALSE\"\npowerType.suspend = \"hard\"\n\
         tools.upgrade.policy = \"upgradeAtPowerCycle\"\n",
        &[
            "config:",
            "  tools.afterResume: false",
            "  powerOpInfo.suspendType: hard",
            "  tools.toolsUpgradePolicy: upgradeAtPowerCycle",
            "extra-config:",
            "  guestinfo.userdata: I2Nsb3Vk",
            "  isolation.tools.copy.disable: 'TRUE'",
            "  time.synchronize.restore: 'FALSE'",
            "  disk.enableUUID: 'TRUE'",
            "annotation: |-",
            "  One",
            "  Two",
        ],
        &[],
    );
}

#[test]
fn an_encrypted_machine_is_refused() {
    let text =
        "displayName = \"vm\"\nencryption.keySafe = \"vmware:key\"\nencryption.data = \"x\"\n";
    let dictionary = Dictionary::parse(text.as_bytes()).expect("readable");
    let around = Around {
        name: "vm",
        file: &|_| unreachable!("nothing is looked for"),
    };
    let error = define(&dictionary, &around).expect_err("encrypted");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.place().line, Some((2, 1)));
    assert!(
        error
            .reason()
            .is_some_and(|why| why.contains("encryption.keySafe"))
    );
    assert!(error.advice().is_some());
}

#[test]
fn a_file_that_says_little_is_a_machine() {
    let (values, remarks) = lines("config.version = \"8\"\n");
    assert_eq!(values, ["name: file", "cpus: 1", "nics: []"]);
    let expected = [
        "the guest operating system, which the file does not name",
        "an amount of memory, which the file does not name",
    ];
    assert_eq!(remarks, expected);
}

#[test]
fn remarks_have_a_bound() {
    let many = (0..500).map(|number| format!("odd.key{number} = \"x\"\n"));
    let many: Vec<String> = many.collect();
    let (_, remarks) = lines(&machine(&many.concat()));
    assert_eq!(remarks.len(), 101);
    assert_eq!(remarks[100], "400 settings more");
}

/// What is made of a file can be built.
#[test]
fn definitions_are_built() {
    let text = machine(
        "scsi0.present = \"TRUE\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"a.vmdk\"\n\
         ethernet0.present = \"TRUE\"\nethernet4.present = \"TRUE\"\nserial0.present = \"TRUE\"\n\
         bios.bootOrder = \"hdd,cdrom,ethernet4\"\n",
    );
    let definition = recovered(&text).definition;
    let profile = Profile::named("portable").expect("built in");
    let appliance = build(&definition, &profile).expect("fits");
    assert_eq!(appliance.machines.len(), 1);
    let os = Brief(Os {
        name: Some("debian12".to_owned()),
        ..Os::default()
    });
    assert_eq!(definition.os, Some(os));
}

/// Whatever is damaged, there is an answer.
#[test]
fn damaged_files_are_read_or_refused() {
    let text = machine(
        "scsi0.present = \"TRUE\"\nscsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"a|22.vmdk\"\n\
         ethernet0.present = \"TRUE\"\nethernet1.present = \"TRUE\"\nserial0.present = \"TRUE\"\n\
         sata0:0.present = \"TRUE\"\nsata0:0.deviceType = \"cdrom-image\"\nsata0:0.fileName = \"b\"\n\
         bios.bootOrder = \"hdd,cdrom,ethernet1\"\nbios.hddOrder = \"scsi0:0\"\n\
         pciPassthru0.present = \"TRUE\"\nsched.cpu.shares = \"high\"\nfloppy0.present = \"TRUE\"\n",
    );
    let around = Around {
        name: "vm",
        file: &|name| Found {
            path: name.to_owned(),
            exists: name.len() % 2 == 0,
            moved: name.len() % 3 == 0,
        },
    };
    let profile = Profile::named("portable").expect("built in");
    let mut read = 0;
    let others = [b'"', b'|', b'9', b':', b'.', b'=', b'\n', b' ', 0xFF, 0];
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = others[at % others.len()];
        if let Ok(dictionary) = Dictionary::parse(&bytes) {
            let found = define(&dictionary, &around).expect("not encrypted");
            found.definition.to_yaml(&[], &[], &[]).expect("written");
            // A mistake in it is told, if there is one.
            let _ = build(&found.definition, &profile);
            read += 1;
        }
        let _ = Dictionary::parse(&text.as_bytes()[..at]);
    }
    assert!(read > text.len() / 2, "{read} of those were read");
}
