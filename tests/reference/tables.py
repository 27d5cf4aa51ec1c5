"""The tables of the three backends, one schema for each."""

SCHEMA = """
CREATE TABLE departments (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT
);
CREATE TABLE appointments (
    id TEXT PRIMARY KEY COLLATE NOCASE,
    reference TEXT,
    appointment_at TEXT,
    duration_in_minutes INTEGER,
    is_interpreter_needed BOOLEAN,
    interpreter_language TEXT,
    status TEXT,
    url TEXT,
    created_at TEXT,
    cancelled_at TEXT,
    cancellation_reason TEXT,
    department_id INTEGER REFERENCES departments (id),
    session_started_at TEXT,
    session_ended_at TEXT,
    features_call_recording_enable BOOLEAN,
    features_breakout_room_enable BOOLEAN,
    features_webcam_access_agent_enable BOOLEAN,
    features_webcam_access_claimant_enable BOOLEAN,
    features_webcam_background_blurring_enable BOOLEAN,
    features_microphone_access_enable BOOLEAN,
    features_screen_sharing_enable BOOLEAN,
    features_messages_chat_enable BOOLEAN,
    features_participant_list_enable BOOLEAN,
    features_bandwidth TEXT,
    use_custom_post_call_redirect BOOLEAN,
    custom_user_post_call_redirect_url TEXT,
    custom_agent_post_call_redirect_url TEXT
);
CREATE TABLE claimants (
    appointment_id TEXT PRIMARY KEY COLLATE NOCASE REFERENCES appointments (id) ON DELETE CASCADE,
    name TEXT,
    phone_number TEXT,
    email TEXT,
    date_of_birth TEXT
);
CREATE TABLE claimant_data (
    appointment_id TEXT COLLATE NOCASE REFERENCES appointments (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT COLLATE NOCASE,
    value TEXT,
    name TEXT,
    type TEXT,
    required BOOLEAN,
    PRIMARY KEY (appointment_id, position)
);
CREATE TABLE meetings (
    appointment_id TEXT PRIMARY KEY COLLATE NOCASE REFERENCES appointments (id) ON DELETE CASCADE,
    id TEXT,
    room_name TEXT,
    room_url TEXT,
    start_date TEXT,
    end_date TEXT
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name TEXT,
    email TEXT,
    role TEXT
);
CREATE TABLE time_blocks (
    id INTEGER PRIMARY KEY,
    doctor_id INTEGER,
    start TEXT,
    end TEXT,
    protected BOOLEAN NOT NULL DEFAULT 0
);
CREATE TABLE reservations (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    doctor_id INTEGER,
    time_block_id INTEGER REFERENCES time_blocks (id) ON DELETE RESTRICT,
    status TEXT,
    reason TEXT,
    created_at TEXT,
    hidden BOOLEAN NOT NULL DEFAULT 0
);

CREATE TABLE medicos (
    id INTEGER PRIMARY KEY,
    nombre TEXT
);
CREATE TABLE clientes (
    id INTEGER PRIMARY KEY,
    nombre TEXT
);
CREATE TABLE citas (
    id INTEGER PRIMARY KEY,
    cliente_id INTEGER,
    medico_id INTEGER,
    fecha_solicitada TEXT,
    hora_solicitada TEXT,
    fecha_confirmada TEXT,
    hora_confirmada TEXT,
    sintomas TEXT,
    estado TEXT,
    created_at TEXT
);
"""
