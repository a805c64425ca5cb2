-- The story of an order has its mails: their subjects end with the id in brackets.
create index mails_about on mails (right(subject, 38));
