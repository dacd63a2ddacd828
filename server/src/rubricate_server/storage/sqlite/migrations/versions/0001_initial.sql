CREATE TABLE annotation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	target_kind TEXT NOT NULL, 
	target_id BLOB NOT NULL, 
	position INTEGER DEFAULT '-1' NOT NULL, 
	name TEXT NOT NULL, 
	identifier TEXT NOT NULL, 
	annotator_kind TEXT NOT NULL, 
	label TEXT, 
	score FLOAT, 
	explanation TEXT, 
	metadata TEXT NOT NULL, 
	source TEXT NOT NULL, 
	user_id TEXT, 
	rubric_version INTEGER, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	project_id INTEGER, 
	start_ns BIGINT, 
	target_row INTEGER
);

CREATE INDEX ix_annotation_name ON annotation (project_id, name, id);

CREATE INDEX ix_annotation_project ON annotation (project_id, id, target_kind, annotator_kind);

CREATE INDEX ix_annotation_row ON annotation (target_kind, target_row, name, label, score);

CREATE INDEX ix_annotation_value ON annotation (project_id, name, label, start_ns, target_row);

CREATE INDEX ix_annotation_waiting ON annotation (target_kind, target_id) WHERE target_row IS NULL;

CREATE UNIQUE INDEX ux_annotation_key ON annotation (target_kind, target_id, position, name, identifier);

CREATE TABLE annotation_event (
	id INTEGER NOT NULL, 
	annotation_id INTEGER NOT NULL, 
	at_us BIGINT NOT NULL, 
	action TEXT NOT NULL, 
	user_id TEXT, 
	state TEXT, 
	PRIMARY KEY (id)
);

CREATE INDEX ix_annotation_event ON annotation_event (annotation_id);

CREATE TABLE annotation_removal (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at_us BIGINT NOT NULL
);

CREATE TABLE removed_annotation (
	id INTEGER NOT NULL, 
	removal_id INTEGER NOT NULL, 
	target_kind TEXT NOT NULL, 
	target_id BLOB NOT NULL, 
	position INTEGER DEFAULT '-1' NOT NULL, 
	name TEXT NOT NULL, 
	identifier TEXT NOT NULL, 
	annotator_kind TEXT NOT NULL, 
	label TEXT, 
	score FLOAT, 
	explanation TEXT, 
	metadata TEXT NOT NULL, 
	source TEXT NOT NULL, 
	user_id TEXT, 
	rubric_version INTEGER, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	project_id INTEGER, 
	start_ns BIGINT, 
	target_row INTEGER, 
	PRIMARY KEY (id)
);

CREATE INDEX ix_removed_annotation ON removed_annotation (removal_id, id);

CREATE INDEX ix_removed_annotation_project ON removed_annotation (project_id);

CREATE TABLE block_sieve (
	block INTEGER NOT NULL, 
	inputs BLOB, 
	outputs BLOB, 
	PRIMARY KEY (block)
);

CREATE TABLE dead_letter (
	id INTEGER NOT NULL, 
	at_us BIGINT NOT NULL, 
	project TEXT, 
	reason TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	encoding TEXT NOT NULL, 
	PRIMARY KEY (id)
);

CREATE TABLE experiment (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	dataset_id INTEGER NOT NULL, 
	version_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT, 
	metadata TEXT NOT NULL, 
	repetitions INTEGER NOT NULL, 
	splits TEXT NOT NULL, 
	project_id INTEGER NOT NULL, 
	example_count INTEGER NOT NULL, 
	succeeded INTEGER DEFAULT '0' NOT NULL, 
	failed INTEGER DEFAULT '0' NOT NULL, 
	surplus INTEGER DEFAULT '0' NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	deleted_us BIGINT
);

CREATE INDEX ix_experiment_dataset ON experiment (dataset_id, id);

CREATE INDEX ix_experiment_project ON experiment (project_id);

CREATE TABLE experiment_evaluation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	annotator_kind TEXT NOT NULL, 
	label TEXT, 
	score FLOAT, 
	explanation TEXT, 
	error TEXT, 
	metadata TEXT NOT NULL, 
	trace_id BLOB, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL
);

CREATE UNIQUE INDEX ux_experiment_evaluation ON experiment_evaluation (run_id, name);

CREATE TABLE experiment_example (
	experiment_id INTEGER NOT NULL, 
	example_id INTEGER NOT NULL, 
	revision_id INTEGER NOT NULL, 
	PRIMARY KEY (experiment_id, example_id)
);

CREATE TABLE experiment_run (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	experiment_id INTEGER NOT NULL, 
	example_id INTEGER NOT NULL, 
	repetition INTEGER NOT NULL, 
	trace_id BLOB, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	error TEXT, 
	output TEXT NOT NULL
);

CREATE INDEX ix_experiment_run ON experiment_run (experiment_id, id);

CREATE UNIQUE INDEX ux_experiment_run ON experiment_run (experiment_id, example_id, repetition);

CREATE TABLE experiment_tag (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	dataset_id INTEGER NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT
);

CREATE INDEX ix_experiment_tag_experiment_id ON experiment_tag (experiment_id);

CREATE UNIQUE INDEX ux_experiment_tag ON experiment_tag (dataset_id, name);

CREATE TABLE project (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	created_us BIGINT NOT NULL, 
	deleted_us BIGINT
);

CREATE UNIQUE INDEX ux_project_name ON project (name) WHERE deleted_us IS NULL;

CREATE TABLE project_retention (
	project_id INTEGER NOT NULL, 
	retention_id INTEGER NOT NULL, 
	PRIMARY KEY (project_id)
);

CREATE INDEX ix_project_retention_retention_id ON project_retention (retention_id);

CREATE TABLE project_rubric (
	project_id INTEGER NOT NULL, 
	rubric_id INTEGER NOT NULL, 
	PRIMARY KEY (project_id, rubric_id)
);

CREATE TABLE retention (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	max_days FLOAT, 
	max_traces INTEGER, 
	UNIQUE (name)
);

CREATE TABLE prompt (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	metadata TEXT NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE prompt_version (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	prompt_id INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	created_us BIGINT NOT NULL
);

CREATE INDEX ix_prompt_version ON prompt_version (prompt_id, id);

CREATE TABLE prompt_tag (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	prompt_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	version_id INTEGER NOT NULL, 
	description TEXT, 
	UNIQUE (prompt_id, name)
);

CREATE INDEX ix_prompt_tag_version_id ON prompt_tag (version_id);

CREATE TABLE rubric (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	version_id INTEGER NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE rubric_version (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	rubric_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	created_us BIGINT NOT NULL
);

CREATE INDEX ix_rubric_version_rubric_id ON rubric_version (rubric_id);

CREATE TABLE session (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	session_id TEXT NOT NULL, 
	project_id INTEGER NOT NULL, 
	start_ns BIGINT NOT NULL, 
	end_ns BIGINT NOT NULL, 
	trace_count INTEGER DEFAULT '0' NOT NULL, 
	UNIQUE (session_id)
);

CREATE INDEX ix_session_project ON session (project_id, start_ns);

CREATE INDEX ix_session_row ON session (project_id, id);

CREATE TABLE span (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	trace_id BLOB NOT NULL, 
	span_id BLOB NOT NULL, 
	parent_id BLOB, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	start_ns BIGINT NOT NULL, 
	end_ns BIGINT NOT NULL, 
	status SMALLINT NOT NULL, 
	status_message TEXT NOT NULL, 
	session_id TEXT, 
	user_id TEXT, 
	model TEXT, 
	provider TEXT, 
	tokens_prompt BIGINT, 
	tokens_completion BIGINT, 
	tokens_total BIGINT, 
	cost_prompt_usd FLOAT, 
	cost_completion_usd FLOAT, 
	cost_usd FLOAT, 
	input_preview TEXT, 
	output_preview TEXT, 
	attrs TEXT, 
	block INTEGER, 
	block_offset SMALLINT
);

CREATE INDEX ix_span_block ON span (block);

CREATE INDEX ix_span_error ON span (project_id, start_ns) WHERE status = 2;

CREATE INDEX ix_span_project ON span (project_id, id);

CREATE INDEX ix_span_root ON span (project_id, start_ns) WHERE parent_id IS NULL;

CREATE INDEX ix_span_session ON span (session_id) WHERE session_id IS NOT NULL;

CREATE INDEX ix_span_time ON span (project_id, start_ns, end_ns, tokens_total);

CREATE INDEX ix_span_trace ON span (trace_id, parent_id);

CREATE UNIQUE INDEX ux_span_span_id ON span (span_id);

CREATE TABLE span_block (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	n SMALLINT NOT NULL, 
	live SMALLINT NOT NULL, 
	inputs BLOB, 
	outputs BLOB, 
	attributes BLOB, 
	events BLOB, 
	envelopes BLOB
);

CREATE INDEX ix_span_block_project ON span_block (project_id);

CREATE INDEX ix_span_block_small ON span_block (project_id, live) WHERE live < 32;

CREATE TABLE span_hour (
	project_id INTEGER NOT NULL, 
	hour INTEGER NOT NULL, 
	spans INTEGER NOT NULL, 
	errors INTEGER NOT NULL, 
	tokens_prompt BIGINT NOT NULL, 
	tokens_completion BIGINT NOT NULL, 
	tokens_total BIGINT NOT NULL, 
	cost_usd FLOAT NOT NULL, 
	latencies BLOB NOT NULL, 
	PRIMARY KEY (project_id, hour)
);

CREATE TABLE trace (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	trace_id BLOB NOT NULL, 
	project_id INTEGER NOT NULL, 
	session_row INTEGER, 
	start_ns BIGINT NOT NULL, 
	end_ns BIGINT NOT NULL, 
	span_count INTEGER DEFAULT '0' NOT NULL, 
	error_count INTEGER DEFAULT '0' NOT NULL, 
	tokens_prompt BIGINT DEFAULT '0' NOT NULL, 
	tokens_completion BIGINT DEFAULT '0' NOT NULL, 
	cost_usd FLOAT DEFAULT '0' NOT NULL, 
	UNIQUE (trace_id)
);

CREATE INDEX ix_trace_error ON trace (project_id, start_ns) WHERE error_count > 0;

CREATE INDEX ix_trace_latency ON trace (project_id, end_ns - start_ns);

CREATE INDEX ix_trace_project ON trace (project_id, start_ns);

CREATE INDEX ix_trace_session ON trace (session_row) WHERE session_row IS NOT NULL;

CREATE TABLE annotation_hour (
	project_id INTEGER NOT NULL, 
	hour INTEGER NOT NULL, 
	target_kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	annotator_kind TEXT NOT NULL, 
	annotations INTEGER NOT NULL, 
	targets INTEGER NOT NULL, 
	scores INTEGER NOT NULL, 
	scored_targets INTEGER NOT NULL, 
	mean FLOAT, 
	squares FLOAT, 
	labels INTEGER NOT NULL, 
	labelled_targets INTEGER NOT NULL, 
	shares TEXT NOT NULL, 
	PRIMARY KEY (project_id, hour, target_kind, name, annotator_kind)
);

CREATE TABLE annotation_hour_stale (
	project_id INTEGER NOT NULL, 
	hour INTEGER NOT NULL, 
	changes INTEGER NOT NULL, 
	changed_s INTEGER NOT NULL, 
	PRIMARY KEY (project_id, hour)
);

CREATE INDEX ix_annotation_hour ON annotation (project_id, start_ns / 3600000000000, name, target_kind, target_row, position, annotator_kind, label, score, start_ns);

CREATE TABLE user (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	username TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	email TEXT, 
	email_key TEXT, 
	role TEXT NOT NULL, 
	password TEXT NOT NULL, 
	password_needs_reset BOOLEAN NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	deleted_us BIGINT, 
	UNIQUE (name_key), 
	UNIQUE (email_key)
);

CREATE TABLE user_session (
	digest BLOB NOT NULL, 
	user_id INTEGER NOT NULL, 
	created_us BIGINT NOT NULL, 
	expires_us BIGINT NOT NULL, 
	PRIMARY KEY (digest)
);

CREATE INDEX ix_user_session_user_id ON user_session (user_id);

CREATE TABLE api_key (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	digest BLOB NOT NULL, 
	user_id INTEGER, 
	name TEXT NOT NULL, 
	description TEXT, 
	last_four TEXT NOT NULL, 
	created_us BIGINT NOT NULL, 
	expires_us BIGINT, 
	used_us BIGINT, 
	UNIQUE (digest)
);

CREATE INDEX ix_api_key_user_id ON api_key (user_id);

create trigger annotation_came after insert on annotation begin insert into annotation_hour_stale (project_id, hour, changes, changed_s) select new.project_id, new.start_ns / 3600000000000, 1, cast(strftime('%s', 'now') as integer) where new.project_id is not null on conflict (project_id, hour) do update set changes = changes + 1, changed_s = excluded.changed_s; end;

create trigger annotation_went after delete on annotation begin insert into annotation_hour_stale (project_id, hour, changes, changed_s) select old.project_id, old.start_ns / 3600000000000, 1, cast(strftime('%s', 'now') as integer) where old.project_id is not null on conflict (project_id, hour) do update set changes = changes + 1, changed_s = excluded.changed_s; end;

create trigger annotation_changed after update on annotation begin insert into annotation_hour_stale (project_id, hour, changes, changed_s) select old.project_id, old.start_ns / 3600000000000, 1, cast(strftime('%s', 'now') as integer) where old.project_id is not null on conflict (project_id, hour) do update set changes = changes + 1, changed_s = excluded.changed_s; insert into annotation_hour_stale (project_id, hour, changes, changed_s) select new.project_id, new.start_ns / 3600000000000, 1, cast(strftime('%s', 'now') as integer) where new.project_id is not null on conflict (project_id, hour) do update set changes = changes + 1, changed_s = excluded.changed_s; end;

create trigger trace_start_changed after update of start_ns on trace when new.start_ns <> old.start_ns begin update annotation set start_ns = new.start_ns where target_kind = 'trace' and target_row = new.id; end;

create trigger session_start_changed after update of start_ns on session when new.start_ns <> old.start_ns begin update annotation set start_ns = new.start_ns where target_kind = 'session' and target_row = new.id; end;

CREATE TABLE dataset (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	metadata TEXT NOT NULL, 
	version_id INTEGER NOT NULL, 
	example_count INTEGER NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE dataset_dataset_label (
	dataset_id INTEGER NOT NULL, 
	label_id INTEGER NOT NULL, 
	PRIMARY KEY (dataset_id, label_id)
);

CREATE INDEX ix_dataset_dataset_label_label_id ON dataset_dataset_label (label_id);

CREATE TABLE dataset_example (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	dataset_id INTEGER NOT NULL, 
	external_id TEXT, 
	span_id BLOB
);

CREATE INDEX ix_dataset_example_span ON dataset_example (dataset_id, span_id) WHERE span_id IS NOT NULL;

CREATE UNIQUE INDEX ux_dataset_example ON dataset_example (dataset_id, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE dataset_example_revision (
	id INTEGER NOT NULL, 
	dataset_id INTEGER NOT NULL, 
	example_id INTEGER NOT NULL, 
	version_id INTEGER NOT NULL, 
	until_version_id INTEGER, 
	input TEXT NOT NULL, 
	output TEXT NOT NULL, 
	metadata TEXT NOT NULL, 
	hash BLOB NOT NULL, 
	created_us BIGINT NOT NULL, 
	PRIMARY KEY (id)
);

CREATE INDEX ix_dataset_example_hash ON dataset_example_revision (dataset_id, hash, example_id) WHERE until_version_id IS NULL;

CREATE INDEX ix_dataset_example_revision ON dataset_example_revision (dataset_id, example_id, version_id, until_version_id);

CREATE UNIQUE INDEX ux_dataset_example_revision ON dataset_example_revision (example_id, version_id);

CREATE TABLE dataset_label (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	color TEXT NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE dataset_removal (
	dataset_id INTEGER NOT NULL, 
	PRIMARY KEY (dataset_id)
);

CREATE TABLE dataset_split (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	description TEXT, 
	color TEXT NOT NULL, 
	metadata TEXT NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	UNIQUE (name)
);

CREATE TABLE dataset_split_example (
	split_id INTEGER NOT NULL, 
	example_id INTEGER NOT NULL, 
	PRIMARY KEY (split_id, example_id)
);

CREATE INDEX ix_dataset_split_example_example_id ON dataset_split_example (example_id);

CREATE TABLE dataset_version (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	dataset_id INTEGER NOT NULL, 
	description TEXT, 
	metadata TEXT NOT NULL, 
	created_examples INTEGER NOT NULL, 
	updated_examples INTEGER NOT NULL, 
	deleted_examples INTEGER NOT NULL, 
	created_us BIGINT NOT NULL
);

CREATE INDEX ix_dataset_version ON dataset_version (dataset_id, id);

create trigger span_block_went after delete on span_block begin delete from block_sieve where block = old.id; end;
