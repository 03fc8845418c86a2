//! Arguments to command to exit code.

fn main() -> std::process::ExitCode {
    afctl::cli::main(std::env::args_os()).into()
}
