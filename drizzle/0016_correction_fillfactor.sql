-- Room in each page for the next versions of its rows, so that a step is noted without touching any index.
ALTER TABLE "auto_correction_tasks" SET (fillfactor = 50);
