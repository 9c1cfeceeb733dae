//! Stopping at any moment, and failing at any read: the library passes the
//! reason on, hangs on no thread, and leaves nothing behind.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use ovfkit::base::output::Overwrite;
use ovfkit::base::progress::{Observer, Unobserved};
use ovfkit::base::writeback::Durability;
use ovfkit::disk::blank::Blank;
use ovfkit::disk::detect::Format;
use ovfkit::disk::form::{Form, Setting, WRITTEN, Work};
use ovfkit::disk::vmdk::{self, AdapterType, EncodeOptions, Level, StreamOptions};
use ovfkit::disk::{DiskSource, Extent, ExtentKind};
use ovfkit::ops::define::Plan;
use ovfkit::ops::pack::{Output, Pack, PackReport, pack};
use ovfkit::ops::unpack::{Unpack, unpack};
use ovfkit::{Error, ErrorKind, Result};

use support::planned::planned;

mod support;

const MIB: usize = 1 << 20;
const THREADS: [usize; 3] = [1, 2, 7];

fn threads(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("not zero")
}

const ENCODE: EncodeOptions = EncodeOptions {
    level: Level::Fixed(1),
    pass_through: true,
};

/// Stops at the n-th call, counted from 0.
struct StopAt {
    left: usize,
    calls: usize,
}

impl StopAt {
    fn new(left: usize) -> Self {
        Self { left, calls: 0 }
    }
}

impl Observer for StopAt {
    fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
        self.calls += 1;
        if self.calls > self.left {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn pack_into(
    outputs: Vec<Output>,
    inputs: &Path,
    number: usize,
    observer: &mut dyn Observer,
) -> Result<PackReport> {
    let (disk, cd) = (inputs.join("disk.raw"), inputs.join("cd.iso"));
    let mut plan = Plan::default();
    for output in outputs {
        let mut one = planned("vm", &disk, &cd, &output);
        // All of them hold the same.
        plan.sources = one.sources;
        plan.packages.append(&mut one.packages);
    }
    let request = Pack {
        packages: plan.packages,
        sources: plan.sources,
        overwrite: Overwrite::Never,
        encode: ENCODE,
        threads: threads(number),
        time: 0,
    };
    pack(&request, observer)
}

/// Six windows of disk, and three chunks of CD.
fn make_inputs() -> tempfile::TempDir {
    let inputs = tempfile::tempdir().expect("temporary directory");
    let bytes: Vec<u8> = (0..6 * MIB)
        .map(|at| (at / 7 + at / 4099).to_le_bytes()[0])
        .collect();
    std::fs::write(inputs.path().join("disk.raw"), &bytes).expect("write");
    std::fs::write(inputs.path().join("cd.iso"), &bytes[..3 * MIB]).expect("write");
    inputs
}

/// What one run writes into `out`: an archive, a directory, and both.
fn all_outputs(out: &Path) -> [Vec<Output>; 3] {
    let archive = Output::Archive(out.join("vm.ova"));
    let directory = Output::Directory(out.join("vm"));
    [
        vec![archive.clone()],
        vec![directory.clone()],
        vec![archive, directory],
    ]
}

fn count_in(directory: &Path) -> usize {
    std::fs::read_dir(directory).expect("list").count()
}

#[test]
fn an_observer_may_stop_at_any_call() {
    let inputs = make_inputs();
    for number in THREADS {
        let out = tempfile::tempdir().expect("temporary directory");
        for outputs in all_outputs(out.path()) {
            let mut packed = false;
            for stop_at in 0..100 {
                let mut stop = StopAt::new(stop_at);
                let done = pack_into(outputs.clone(), inputs.path(), number, &mut stop);
                let Err(error) = done else {
                    // Six windows of disk, three chunks of CD, and the last
                    // question before the names are given, however many packages.
                    assert_eq!(stop_at, 10);
                    packed = true;
                    break;
                };
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
                // Not one call more than the one that said stop.
                assert_eq!(stop.calls, stop_at + 1);
                assert_eq!(count_in(out.path()), 0, "stopped at {stop_at}");
            }
            assert!(packed);
            assert_eq!(count_in(out.path()), outputs.len());
            for output in outputs {
                let removed = match output {
                    Output::Directory(path) => std::fs::remove_dir_all(path),
                    Output::Archive(path) => std::fs::remove_file(path),
                    Output::StandardOutput => Ok(()),
                };
                removed.expect("it is there");
            }
        }
    }
}

/// Does something to the files at the n-th call.
struct DoAt<F>(usize, F);

impl<F: FnMut()> Observer for DoAt<F> {
    fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
        if self.0 == 0 {
            (self.1)();
        }
        self.0 = self.0.wrapping_sub(1);
        ControlFlow::Continue(())
    }
}

#[test]
fn an_input_may_end_early_at_any_step() {
    let out = tempfile::tempdir().expect("temporary directory");
    for outputs in all_outputs(out.path()) {
        // While the disk is packed, and between the chunks of the CD.
        for step in 0..8 {
            let inputs = make_inputs();
            let cut = inputs.path().join("cd.iso");
            let mut observer = DoAt(step, || {
                let file = std::fs::File::options().write(true).open(&cut);
                file.and_then(|file| file.set_len(7)).expect("cut short");
            });
            let error = pack_into(outputs.clone(), inputs.path(), 2, &mut observer)
                .expect_err("the CD is shorter than it was");
            assert!(
                error.place().path.as_deref() == Some(&*cut),
                "{step}: {error}"
            );
            assert_eq!(count_in(out.path()), 0, "cut at {step}");
        }
    }
}

#[test]
fn unpacking_may_be_stopped_at_any_call() {
    let inputs = tempfile::tempdir().expect("temporary directory");
    let bytes = vec![7; 5 * MIB / 2];
    std::fs::write(inputs.path().join("disk.raw"), &bytes).expect("write");
    std::fs::write(inputs.path().join("cd.iso"), &bytes).expect("write");
    let package = inputs.path().join("vm.ova");
    let outputs = vec![Output::Archive(package.clone())];
    pack_into(outputs, inputs.path(), 1, &mut StopAt::new(1000)).expect("packed");
    let out = tempfile::tempdir().expect("temporary directory");
    let form = |format| Form::new(format, false, &[]).expect("a form");
    let forms = || std::iter::once(None).chain(WRITTEN.map(form).map(Some));
    for (existed, disks) in [false, true]
        .into_iter()
        .flat_map(|existed| forms().map(move |form| (existed, form)))
    {
        let kept = disks.is_none();
        let output = out.path().join("vm");
        let request = Unpack {
            input: package.clone(),
            output: output.clone(),
            overwrite: Overwrite::Never,
            only: Vec::new(),
            join: false,
            keep_going: false,
            disks,
            threads: threads(2),
            durability: Durability::Cached,
        };
        if existed {
            std::fs::create_dir(&output).expect("a directory");
        }
        let mut unpacked = false;
        for stop_at in 0..100 {
            let mut stop = StopAt::new(stop_at);
            let Err(error) = unpack(&request, &mut stop) else {
                // Descriptor, disk and manifest are small; three chunks of CD; and
                // the last question.
                if kept {
                    assert_eq!(stop_at, 7);
                }
                unpacked = true;
                break;
            };
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
            assert_eq!(stop.calls, stop_at + 1);
            let left = |path: &Path| std::fs::read_dir(path).expect("list").count();
            assert_eq!(
                left(out.path()),
                usize::from(existed),
                "stopped at {stop_at}"
            );
            assert!(!existed || left(&output) == 0, "stopped at {stop_at}");
        }
        assert!(unpacked);
        std::fs::remove_dir_all(&output).expect("it is there");
    }
}

/// A disk in memory whose n-th call fails.
struct Failing<'a> {
    bytes: &'a [u8],
    calls: AtomicUsize,
    fail_at: usize,
}

impl Failing<'_> {
    fn call(&self, what: &str) -> Result<()> {
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.fail_at {
            return Err(Error::new(ErrorKind::Io, format!("{what} failed")));
        }
        Ok(())
    }
}

impl DiskSource for Failing<'_> {
    fn capacity(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        self.call("extent")?;
        let at = usize::try_from(offset).expect("small");
        // Data and zeros by turns, so that windows are looked at closely.
        let length = 100_000 - at % 100_000;
        Ok(Extent {
            length: length.min(self.bytes.len() - at) as u64,
            kind: if at / 100_000 % 3 == 2 {
                ExtentKind::Zero
            } else {
                ExtentKind::Data
            },
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.call("read")?;
        let at = usize::try_from(offset).expect("small");
        buf.copy_from_slice(&self.bytes[at..at + buf.len()]);
        Ok(())
    }

    fn granularity(&self) -> u64 {
        1
    }
}

fn write(bytes: &[u8], fail_at: usize, number: usize) -> (Result<vmdk::StreamSummary>, usize) {
    let disk = Failing {
        bytes,
        calls: AtomicUsize::new(0),
        fail_at,
    };
    let options = StreamOptions {
        name: "vm.vmdk",
        adapter: AdapterType::LsiLogic,
        encode: ENCODE,
        threads: threads(number),
    };
    let written = vmdk::write(&disk, std::io::sink(), &options, &mut Unobserved);
    (written, disk.calls.into_inner())
}

#[test]
fn a_disk_may_fail_at_any_call() {
    let mut bytes: Vec<u8> = (0..4 * MIB + 700)
        .map(|at| (at / 3).to_le_bytes()[0] | 1)
        .collect();
    for zero in (0..bytes.len()).filter(|at| at / 100_000 % 3 == 2) {
        bytes[zero] = 0;
    }
    for number in THREADS {
        let (written, calls) = write(&bytes, usize::MAX, number);
        written.expect("nothing fails");
        assert!(calls > 100, "{calls}");
        for fail_at in 0..calls {
            let (written, _) = write(&bytes, fail_at, number);
            let error = written.expect_err("a call fails");
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(error.message().ends_with(" failed"), "{error}");
        }
        write(&bytes, calls, number)
            .0
            .expect("the failing call is never made");
    }
}

/// Takes some bytes, and then no more.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_may_be_full_at_any_byte() {
    let bytes: Vec<u8> = (0..3 * MIB).map(|at| at.to_le_bytes()[1] | 1).collect();
    let disk = Failing {
        bytes: &bytes,
        calls: AtomicUsize::new(0),
        fail_at: usize::MAX,
    };
    for number in THREADS {
        let options = StreamOptions {
            name: "vm.vmdk",
            adapter: AdapterType::LsiLogic,
            encode: ENCODE,
            threads: threads(number),
        };
        let whole = vmdk::write(&disk, std::io::sink(), &options, &mut Unobserved);
        let size = usize::try_from(whole.expect("packs").file_size).expect("small");
        for room in (0..size).step_by(size / 40).chain([size - 1]) {
            let error = vmdk::write(&disk, Full(room), &options, &mut Unobserved);
            let error = error.expect_err("full");
            assert_eq!(error.kind(), ErrorKind::Io);
            assert!(
                error
                    .advice()
                    .is_some_and(|advice| advice.contains("space")),
                "{error}"
            );
        }
        vmdk::write(&disk, Full(size), &options, &mut Unobserved).expect("it fits");
    }
}

/// A hole of terabytes in what goes into a pipe may be left at any time.
#[test]
fn zeros_for_a_pipe_are_stopped_on_the_way() {
    let setting = |key, value| vec![Setting::new(key, value)];
    for (format, settings) in [
        (Format::Raw, Vec::new()),
        (Format::Vhd, setting("subformat", "fixed")),
    ] {
        let form = Form::new(format, false, &settings).expect("a form");
        let source = Blank::new(1 << 40);
        let work = Work {
            source: &source,
            name: "disk",
            threads: threads(2),
        };
        for stop_at in [0, 3] {
            let (mut stop, mut output) = (StopAt::new(stop_at), Vec::new());
            let poured = form.pour(work, &mut output, &mut stop);
            let error = poured.expect("it pours").expect_err("stopped");
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
            assert!(output.len() <= 8 * MIB, "{}", output.len());
        }
    }
}
