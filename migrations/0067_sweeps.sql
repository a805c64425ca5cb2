-- The time of the last message of a sweep that nobody has handled. While there is one a sweep sends no other: an outage of the payment
-- provider would fill the queue.
alter table payments add column swept_at timestamptz;
alter table refunds add column swept_at timestamptz;
