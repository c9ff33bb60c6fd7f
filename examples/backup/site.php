<?php

/** What backup.php and restore.php share: the site, its lock, and how to go on after a crash. */

const BUSY = 75; // EX_TEMPFAIL of sysexits.h: try again later

// The next owner is told "exit status 1", and cleans up.
set_exception_handler(function (Throwable $e): void {
    fwrite(STDERR, $e->getMessage() . "\n");
    exit(1);
});

/** Runs a command to its end, its output into $into if that is given. Throws when it fails. */
function run(array $command, ?string $into = null): void
{
    $process = proc_open($command, $into === null ? [] : [1 => ['file', $into, 'w']], $pipes);
    $status = proc_close($process);
    if ($status !== 0) {
        throw new RuntimeException("{$command[0]} failed with exit status $status");
    }
}

function remove_folder(string $folder): void
{
    if (is_dir($folder)) {
        run(['rm', '-rf', '--', $folder]);
    }
}

final class Site
{
    public $folder;
    public $backups;
    public $name;

    public $backup;    // the last backup
    public $partial;   // one that is being made
    public $complete;  // one that is made, and is to take the place of the last one
    public $old;       // what it takes the place of
    public $restoring; // a site that is being restored
    public $restored;  // one that is restored, and is to take the place of the site

    public function __construct(array $argv)
    {
        if (count($argv) !== 3 || !is_dir($argv[1]) || !is_dir($argv[2])) {
            fwrite(STDERR, "usage: {$argv[0]} SITE BACKUPS (two existing folders)\n");
            exit(64);
        }
        $this->folder = realpath($argv[1]);
        $this->backups = realpath($argv[2]);
        $this->name = basename($this->folder);
        $this->backup = "$this->backups/$this->name";
        $this->partial = "$this->backup.partial";
        $this->complete = "$this->backup.complete";
        $this->old = "$this->backup.old";
        $this->restoring = "$this->folder.restoring";
        $this->restored = "$this->folder.restored";
    }

    /** Takes the lock or says who has it, and puts in order what those left who died with it. */
    public function lock(string $work): Sitelock\FileLock
    {
        $lock = new Sitelock\FileLock("$this->backup.lock", "$work of $this->name");
        if (!$lock->acquire()) {
            foreach ($lock->getHolders() as $holder) {
                fwrite(STDERR, "refused: {$lock->getPath()} is locked by $holder\n");
            }
            exit(BUSY);
        }
        foreach ($lock->getAbandonedBy() as $dead) {
            echo "abandoned by $dead\n";
        }
        if ($lock->getAbandonedBy() !== []) {
            $this->recover();
            $lock->markConsistent();
        }
        return $lock;
    }

    /** Wherever they were killed: what was whole is finished, what was not is thrown away. */
    private function recover(): void
    {
        if (is_dir($this->complete) || is_dir($this->old)) {
            echo "finishing its backup\n";
            $this->publish();
        }
        if (is_dir($this->restored)) {
            echo "finishing its restore\n";
            $this->replace();
        }
        foreach ([$this->partial => 'backup', $this->restoring => 'restore'] as $folder => $what) {
            if (is_dir($folder)) {
                echo "discarding its half-written $what $folder\n";
                remove_folder($folder);
            }
        }
    }

    /** Puts the complete backup in the place of the last one. Can be done again after any step of it. */
    public function publish(): void
    {
        if (is_dir($this->complete)) {
            if (is_dir($this->backup)) {
                remove_folder($this->old);
                rename($this->backup, $this->old);
            }
            rename($this->complete, $this->backup);
        }
        remove_folder($this->old);
    }

    /** Puts the restored site in the place of what is there. Can be done again after any step of it. */
    public function replace(): void
    {
        if (is_dir("$this->restored/files")) {
            remove_folder("$this->folder/files");
            rename("$this->restored/files", "$this->folder/files");
        }
        if (is_file("$this->restored/database.sqlite")) {
            rename("$this->restored/database.sqlite", "$this->folder/database.sqlite");
        }
        remove_folder($this->restored);
    }
}
