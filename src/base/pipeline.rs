//! Work done by many threads whose results arrive in order.
//!
//! Jobs are drawn lazily on the caller's thread, done by workers, and their
//! results put, again on the caller's thread, in the order of the jobs. The
//! queue of promised results is the only buffer: it bounds memory, pushes back
//! on the source when putting is slow, and carries the first error out.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::base::{Error, ErrorKind, Result, progress};

/// Jobs under way or waiting for each worker. Two keep a worker busy while the
/// result before its own is being put.
const JOBS_PER_WORKER: usize = 2;

/// Runs `jobs` through `workers` (one thread each) and hands every result to
/// `put`, in the order of the jobs.
///
/// The first error, in job order, ends it; so does `Break` from `put`, with
/// [`ErrorKind::Cancelled`]. No thread outlives the call. Where the system
/// grants fewer threads than there are workers, those it grants do all work.
pub fn ordered<J, R, W>(
    jobs: impl Iterator<Item = Result<J>>,
    workers: Vec<W>,
    mut put: impl FnMut(R) -> Result<ControlFlow<()>>,
) -> Result<()>
where
    J: Send,
    R: Send,
    W: FnMut(J) -> Result<R> + Send,
{
    let depth = workers.len() * JOBS_PER_WORKER;
    let (job_sender, job_receiver) = sync_channel::<(J, SyncSender<Result<R>>)>(depth);
    let job_receiver = Mutex::new(job_receiver);
    thread::scope(|scope| {
        for (started, mut work) in workers.into_iter().enumerate() {
            let job_receiver = &job_receiver;
            let spawned = thread::Builder::new().spawn_scoped(scope, move || {
                while let Ok((job, result_sender)) = next(job_receiver) {
                    // A receiver that is gone means the run has ended early.
                    if result_sender.send(work(job)).is_err() {
                        break;
                    }
                }
            });
            match spawned {
                Ok(_) => {}
                Err(error) if started == 0 => return Err(no_thread(&error)),
                Err(_) => break,
            }
        }
        // Dropped when this closure returns, which ends the workers.
        let job_sender = job_sender;
        let mut promised: VecDeque<Receiver<Result<R>>> = VecDeque::with_capacity(depth);
        let mut jobs = jobs.fuse();
        let mut drawing = true;
        loop {
            while drawing && promised.len() < depth {
                let Some(job) = jobs.next() else { break };
                let (result_sender, result) = sync_channel(1);
                let sent = match job {
                    Ok(job) => job_sender
                        .send((job, result_sender))
                        .map_err(|_| worker_died()),
                    // Told when its turn comes: a job before it may fail too,
                    // and which error is told must not depend on the threads.
                    Err(error) => {
                        drawing = false;
                        result_sender.send(Err(error)).map_err(|_| worker_died())
                    }
                };
                sent?;
                promised.push_back(result);
            }
            let Some(result) = promised.pop_front() else {
                return Ok(());
            };
            if put(result.recv().map_err(|_| worker_died())??)?.is_break() {
                return Err(progress::cancelled());
            }
        }
    })
}

fn next<T>(receiver: &Mutex<Receiver<T>>) -> Result<T, RecvError> {
    receiver
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
}

/// The system grants no thread.
pub fn no_thread(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot start a thread: {error}"))
        .help("see the limit of processes (`ulimit -u`), and free some memory")
}

/// A thread ended by a panic.
pub fn worker_died() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a worker thread ended without a result",
    )
}

/// As many threads as the machine runs at once, or one when it will not say.
pub fn available_threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[allow(clippy::unnecessary_wraps)] // the shape a worker has
    fn uneven(job: u64) -> Result<u64> {
        // Later jobs finish first, so order has to come from the queue.
        thread::sleep(Duration::from_micros(500 / (job % 7 + 1)));
        Ok(job * job)
    }

    #[test]
    fn results_arrive_in_order_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            ordered((0..200).map(Ok), vec![uneven; threads], |result| {
                seen.push(result);
                Ok(ControlFlow::Continue(()))
            })
            .expect("no job fails");
            assert_eq!(seen, (0..200).map(|job| job * job).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_in_order_is_the_one_reported() {
        let work = |job: u64| {
            if job >= 5 {
                return Err(Error::usage(format!("job {job}")));
            }
            uneven(job)
        };
        let mut seen = 0;
        let error = ordered((0..100).map(Ok), vec![work; 4], |_| {
            seen += 1;
            Ok(ControlFlow::Continue(()))
        })
        .expect_err("job 5 fails");
        assert_eq!((error.message(), seen), ("job 5", 5));
    }

    #[test]
    fn a_failing_source_and_a_failing_put_end_it() {
        let jobs = (0..).map(|n| {
            if n < 9 {
                Ok(n)
            } else {
                Err(Error::usage("source"))
            }
        });
        let error = ordered(jobs, vec![uneven; 2], |_| Ok(ControlFlow::Continue(())));
        assert_eq!(error.expect_err("source fails").message(), "source");
        let error = ordered((0..).map(Ok), vec![uneven; 2], |_| Err(Error::usage("put")));
        assert_eq!(error.expect_err("put fails").message(), "put");
    }

    #[test]
    fn an_earlier_jobs_error_comes_before_the_sources() {
        let jobs = || {
            (0..).map(|n| match n {
                0..4 => Ok(n),
                _ => Err(Error::usage("source")),
            })
        };
        for threads in [1, 2, 7] {
            let work = |job: u64| match job {
                3 => Err(Error::usage("job 3")),
                _ => uneven(job),
            };
            let error = ordered(jobs(), vec![work; threads], |_| {
                Ok(ControlFlow::Continue(()))
            });
            assert_eq!(error.expect_err("both fail").message(), "job 3");
        }
    }

    #[test]
    fn a_break_cancels_at_any_result() {
        for stop in 0..20 {
            let mut seen = 0;
            let error = ordered((0..).map(Ok), vec![uneven; 3], |_| {
                seen += 1;
                Ok(if seen > stop {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })
            .expect_err("cancelled");
            assert_eq!((error.kind(), seen), (ErrorKind::Cancelled, stop + 1));
        }
    }
}
