-- The span that sent a message (W3C Trace Context): what its handler does belongs to the same trace. NULL: sent outside of one, or by an older program.
alter table queue_messages add column trace_parent text constraint queue_messages_trace_parent_bounded check (length(trace_parent) = 55);
alter table outbox add column trace_parent text constraint outbox_trace_parent_bounded check (length(trace_parent) = 55);
