//! The payment server of `make demo`: the one of the tests. Prints the settings of a daemon that uses it, one `NAME=value` a line, then
//! an empty line; it ends with its standard input, of which each line is a command:
//!
//! - `deliver API`: webhooks go to the daemon at this address;
//! - `dispute INTENT`: the buyer disputes a payment at the bank.
//!
//! Exits with 3 where the server is not installed.

use std::process::ExitCode;

use tradepost_tests::stripe::Stripe;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Some(stripe) = Stripe::start().await else {
        return Ok(ExitCode::from(3));
    };
    for (name, value) in stripe.options().variables() {
        println!("{name}={value}");
    }
    println!();
    for line in std::io::stdin().lines() {
        let line = line?;
        match line.split_once(' ') {
            Some(("deliver", api)) => stripe.deliver_to(api),
            Some(("dispute", intent)) => {
                let id = stripe.dispute(intent).await;
                eprintln!("the payment {intent} is disputed: {id}");
            }
            _ => anyhow::bail!("the command {line:?} is unknown"),
        }
    }
    Ok(ExitCode::SUCCESS)
}
