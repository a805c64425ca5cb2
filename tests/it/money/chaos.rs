//! The short form of `make chaos-money`.

use tradepost_tests::program;
use tradepost_tests::stripe::Stripe;

#[tokio::test]
async fn no_money_is_lost_or_doubled_by_kills_and_a_misbehaving_provider() {
    if Stripe::start().await.is_none() {
        return;
    }
    let mut command = tokio::process::Command::new(program("chaos"));
    command.args([
        "money",
        "--purchases",
        "100",
        "--clients",
        "32",
        "--kills",
        "3",
        "--crashes",
        "1",
    ]);
    let output = command.output().await.unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
