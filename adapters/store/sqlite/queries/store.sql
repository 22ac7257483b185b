-- name: check
INSERT INTO checked (id, times) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1;
