<?php
/*
 * Sees two owners at once, without sitelock and without flock: each owner has a record lock
 * (fcntl(2), F_SETLK) on the one byte of a file elsewhere, F_WRLCK for an exclusive owner and F_RDLCK
 * for a shared one, as long as he believes that he owns the lock. The kernel refuses the second one.
 *
 * Who is killed makes no false alarm: a dying process closes its files from the lowest descriptor on,
 * and drops its record locks doing that. This file is opened before the lock is. And the owner himself
 * leaves before he releases, so whoever owns the lock after him finds the byte free.
 */
final class Overlap
{
    private const F_SETLK = 6;
    private const F_RDLCK = 0;
    private const F_WRLCK = 1;
    private const F_UNLCK = 2;
    private const O_RDWR = 2;

    private FFI $libc;
    private int $descriptor;

    /** In the process that asks: record locks are not inherited. */
    public function __construct(string $path)
    {
        $this->libc = FFI::cdef('
            struct flock { short l_type; short l_whence; long l_start; long l_len; int l_pid; };
            int open(const char *path, int flags, ...);
            int fcntl(int descriptor, int command, ...);
        ');
        touch($path);
        $this->descriptor = $this->libc->open($path, self::O_RDWR);
        if ($this->descriptor < 0) {
            throw new Error("cannot open $path");
        }
    }

    /** False: somebody else is in who must not be. Then we are not. */
    public function enter(bool $shared): bool
    {
        return $this->set($shared ? self::F_RDLCK : self::F_WRLCK);
    }

    public function leave(): void
    {
        $this->set(self::F_UNLCK);
    }

    private function set(int $type): bool
    {
        $lock = $this->libc->new('struct flock');
        $lock->l_type = $type;
        $lock->l_len = 1;
        return $this->libc->fcntl($this->descriptor, self::F_SETLK, FFI::addr($lock)) === 0;
    }
}
