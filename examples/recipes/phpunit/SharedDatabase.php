<?php

use Sitelock\FileLock;

/** For tests that share a database: each has it to itself, whatever process runs it. */
trait SharedDatabase
{
    /** @var FileLock */
    private $databaseLock;

    /** @before */
    protected function takeDatabase(): void
    {
        $this->databaseLock = new FileLock(getenv('TEST_DATABASE') . '.lock', static::class);
        // A test that hangs must not make all others hang for ever.
        if (!$this->databaseLock->acquire(120.0)) {
            $this->fail('the database is locked by ' . implode(' and ', $this->databaseLock->getHolders()));
        }
        foreach ($this->databaseLock->getAbandonedBy() as $dead) {
            fwrite(STDERR, "new database, because the old one was abandoned by $dead\n");
            $this->makeDatabase();
        }
        $this->databaseLock->markConsistent();
    }

    /** @after */
    protected function giveDatabaseBack(): void
    {
        $this->databaseLock->release();
    }

    /** Makes the empty database again, whatever is there. */
    abstract protected function makeDatabase(): void;
}
