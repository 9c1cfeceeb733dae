//! A disk of Hyper-V, from the first look to the package.

use crate::scene::Scene;
use crate::vhdx_image::{Block, MIB, Parent, Recipe};

fn recipe() -> Recipe {
    Recipe {
        blocks: [(1, Block::Whole(crate::images::noise(MIB)))].into(),
        ..Recipe::new(3 << 20)
    }
}

#[test]
fn a_vhdx_becomes_a_package() {
    let scene = Scene::new();
    scene.write("in/web-01.vhdx", &recipe().build().bytes);
    let begun = scene
        .run(&["init", "--from", "../in/web-01.vhdx"])
        .succeeded();
    assert!(
        begun.text().contains("The image is a vhdx disk of 3 MiB."),
        "{}",
        begun.text()
    );
    let packed = scene.pack(&["../in/web-01.vhdx"]).succeeded();
    let said = packed.text();
    assert!(said.contains("(vhdx, 3 MiB): 1 MiB data"), "{said}");
    assert!(!packed.stderr.contains("warning"), "{}", packed.stderr);
    assert_eq!(scene.outputs(), ["vm.ova"]);
    let asked = [
        "pack",
        "../in/web-01.vhdx",
        "--input-format",
        "vhdx",
        "-o",
        "asked.ova",
    ];
    scene.run(&asked).succeeded();
    let out = ["unpack", "vm.ova", "-d", "out", "--disks", "raw"];
    scene.run(&out).succeeded();
    let disk = std::fs::read(scene.path("out/out/vm-disk1.raw")).expect("a disk");
    assert!(disk == recipe().over(&[]));
}

#[test]
fn an_overlay_asks_for_its_parent() {
    let scene = Scene::new();
    let overlay = Recipe {
        parent: Some(Parent::beside("base.vhdx", recipe().data)),
        ..Recipe::new(3 << 20)
    };
    scene.write("in/base.vhdx", &recipe().build().bytes);
    scene.write("in/top.avhdx", &overlay.build().bytes);
    let parts = [
        "needs the parent disk",
        "where: ../in/top.avhdx",
        "--allow-backing",
    ];
    scene.refuses(&["pack", "../in/top.avhdx"], 5, &parts);
    scene
        .pack(&["../in/top.avhdx", "--allow-backing", "../in"])
        .succeeded();
}

#[test]
fn what_is_wrong_is_told() {
    let scene = Scene::new();
    let good = recipe().build();
    scene.write("in/cut.vhdx", &good.bytes[..good.bytes.len() - 512]);
    scene.refuses(
        &["pack", "../in/cut.vhdx"],
        3,
        &[
            "payload block 1",
            "beyond the end",
            "cut short",
            "byte 4194304",
        ],
    );
    let mut torn = good;
    torn.dirty();
    scene.write("in/torn.vhdx", &torn.bytes);
    scene.refuses(
        &["pack", "../in/torn.vhdx"],
        3,
        &[
            "no entry in it is whole",
            "half old and half new",
            "shut down",
        ],
    );
}
