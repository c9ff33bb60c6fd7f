<?php
/*
 * The lock that everybody writes, as the control: who can make the directory has it, and puts his pid
 * into it. If it is there already and nobody in it lives, it is removed and made again. Between a
 * mkdir and the name that follows, an owner looks like one who died.
 *
 * It knows no shared mode: who asks for that gets the lock alone.
 */
final class MkdirLock
{
    private string $path;
    private bool $held = false;

    public function __construct(string $path)
    {
        $this->path = $path;
    }

    public function acquire(float $timeout = 0.0): bool
    {
        $end = hrtime(true) + (int) ($timeout * 1e9);
        do {
            if (@mkdir($this->path) || ($this->breakStale() && @mkdir($this->path))) {
                @touch("$this->path/" . getmypid());
                return $this->held = true;
            }
            usleep(random_int(100, 1000));
        } while (hrtime(true) < $end);
        return false;
    }

    public function acquireShared(float $timeout = 0.0): bool
    {
        return $this->acquire($timeout);
    }

    public function release(): void
    {
        if ($this->held) {
            @unlink("$this->path/" . getmypid());
            @rmdir($this->path);
        }
        $this->held = false;
    }

    public function breakStale(): bool
    {
        foreach (array_diff(@scandir($this->path) ?: [], ['.', '..']) as $pid) {
            if (posix_kill((int) $pid, 0)) {
                return false;
            }
            @unlink("$this->path/$pid");
        }
        return @rmdir($this->path);
    }
}
