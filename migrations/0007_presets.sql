-- Presets: every one that was ever used, by what decides its pictures. Nothing of it ever changes.

create table presets (
    sha256 bytea primary key constraint presets_sha256_length check (length(sha256) = 32),
    -- The name when it was first used; the public API goes by it.
    name text not null,
    width integer not null constraint presets_width_positive check (width > 0),
    format text not null constraint presets_format_known check (format in ('png', 'webp')),
    quality smallint not null constraint presets_quality_percent check (quality between 0 and 100),
    -- '#rrggbb'; null: transparent.
    background text,
    -- 'none', 'tiled', or the SHA-256 of `watermark_svg`.
    watermark text not null,
    watermark_svg text,
    engine_version integer not null,
    first_used_at timestamptz not null default now()
);
create function presets_never_change() returns trigger language plpgsql as $$
begin
    raise exception 'a preset never changes: make another one' using errcode = 'restrict_violation';
end
$$;
create trigger presets_immutable before update or delete on presets for each row execute function presets_never_change();
