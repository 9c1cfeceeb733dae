//! A question on the terminal whose answer is not shown.

use std::io;

/// What a user answers to `prompt`. A wish to stop, by Ctrl-C or from elsewhere, is an error of
/// the kind [`io::ErrorKind::Interrupted`], and leaves the terminal as it was.
#[cfg(unix)]
pub(super) fn hidden(prompt: String) -> io::Result<String> {
    use std::sync::mpsc::{RecvTimeoutError, sync_channel};
    use std::thread::Builder;
    use std::time::Duration;

    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    use super::interrupt;

    /// How often one looks whether to stop.
    const MOMENT: Duration = Duration::from_millis(100);

    // Reading a terminal is begun anew by the system after a signal, so somebody else reads,
    // who goes with the process.
    let before = tcgetattr(io::stdin())?;
    let (sender, answer) = sync_channel(1);
    Builder::new().spawn(move || sender.send(rpassword::prompt_password(prompt)))?;
    loop {
        match answer.recv_timeout(MOMENT) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if !interrupt::requested() => {}
            Err(_) => {
                tcsetattr(io::stdin(), OptionalActions::Now, &before)?;
                eprintln!();
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
}

#[cfg(not(unix))]
pub(super) fn hidden(prompt: String) -> io::Result<String> {
    rpassword::prompt_password(prompt)
}
