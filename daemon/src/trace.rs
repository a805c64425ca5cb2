//! The trace that a request or a job belongs to (W3C Trace Context): the log and the messages that are sent have its id, and a collector
//! gets its spans where the program was built for it (`telemetry/otlp.rs`).

use std::fmt::{self, Display};
use std::num::{NonZeroU64, NonZeroU128};
use std::sync::OnceLock;
use std::time::Duration;

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: TraceParent;
}

static EXPORT: OnceLock<Export> = OnceLock::new();

/// Takes spans that have ended.
pub type Export = Box<dyn Fn(Span, &Ended<'_>) + Send + Sync>;

/// A span of a trace, as the header field `traceparent` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    pub trace: NonZeroU128,
    pub span: NonZeroU64,
}

impl TraceParent {
    /// Parses `00-<32 hexadecimal digits>-<16>-<2>`. A later version may add parts.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let part = parts.next()?;
            let is_number = part.len() == digits && part.bytes().all(is_digit);
            u128::from_str_radix(part, 16).ok().filter(|_| is_number)
        };
        let (version, trace, span, _flags) = (number(2)?, number(32)?, number(16)?, number(2)?);
        let is_known = match version {
            0 => parts.next().is_none(),
            version => version != 0xff,
        };
        let (trace, span) = (NonZeroU128::new(trace)?, NonZeroU64::new(u64::try_from(span).ok()?)?);
        is_known.then_some(Self { trace, span })
    }
}

impl Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

/// Work that is done for a trace.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub own: TraceParent,
    /// The span that caused it. `None`: nothing of the trace did.
    pub parent: Option<NonZeroU64>,
}

impl Span {
    pub fn caused_by(parent: TraceParent) -> Self {
        Self {
            own: TraceParent {
                span: rand::random(),
                ..parent
            },
            parent: Some(parent.span),
        }
    }

    /// A span without a parent, of the trace that has this id.
    pub fn first_in(trace: Uuid) -> Self {
        let trace = NonZeroU128::new(trace.as_u128()).unwrap_or(NonZeroU128::MIN);
        Self {
            own: TraceParent {
                trace,
                span: rand::random(),
            },
            parent: None,
        }
    }

    /// The id of the trace as the log has it: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.own.trace)
    }

    /// Makes it the current span of everything that `work` does.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self.own, work).await
    }

    /// Hands it over to the collector, if there is one.
    pub fn end(self, ended: &Ended<'_>) {
        if let Some(export) = EXPORT.get() {
            export(self, ended);
        }
    }
}

/// A span at its end.
pub struct Ended<'a> {
    pub name: &'a str,
    pub kind: SpanKind,
    pub took: Duration,
    pub is_error: bool,
    /// By the names of OpenTelemetry's semantic conventions.
    pub attributes: &'a [(&'static str, &'a dyn Display)],
}

/// The part of a span in the traffic between programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    Server,
    Consumer,
    Client,
    Internal,
}

/// The current span: that of the request or job that this task works on.
pub fn current() -> Option<TraceParent> {
    CURRENT.try_with(|current| *current).ok()
}

/// Hands over a step of the current span that has ended.
pub fn step(ended: &Ended<'_>) {
    if EXPORT.get().is_some()
        && let Some(current) = current()
    {
        Span::caused_by(current).end(ended);
    }
}

/// Hands all spans that end from now on to `export`. A second call changes nothing.
pub fn export_to(export: Export) {
    let _ = EXPORT.set(export);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_is_written_as_it_was_read() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = TraceParent::parse(text).unwrap();
        assert_eq!(parent.to_string(), text);
        let child = Span::caused_by(parent);
        assert_eq!((child.own.trace, child.parent), (parent.trace, Some(parent.span)));
        assert_ne!(child.own.span, parent.span);
    }

    #[test]
    fn parents_that_break_the_standard_are_refused() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for text in [
            String::new(),
            "00-0000-1-1".to_owned(),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-+{}-{span}-01", &trace[1..]),
            format!("ff-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{trace}-{span}"),
        ] {
            assert_eq!(TraceParent::parse(&text), None, "{text}");
        }
        assert!(TraceParent::parse(&format!("01-{trace}-{span}-01-more")).is_some());
    }

    #[tokio::test]
    async fn work_knows_its_span() {
        assert_eq!(current(), None);
        let span = Span::first_in(Uuid::new_v4());
        assert_eq!(span.within(async { current() }).await, Some(span.own));
    }
}
