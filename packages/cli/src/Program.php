<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** The command that is run under the lock. */
final class Program
{
    private const SET_ID = 06000;

    private string $path;
    /** @var string[] */
    private array $arguments;

    /** @param string[] $arguments */
    private function __construct(string $path, array $arguments)
    {
        $this->path = $path;
        $this->arguments = $arguments;
    }

    /**
     * Found as a shell finds it. It is looked for before anything is locked, so a slip of the pen waits
     * for nobody and leaves no lock behind that was abandoned.
     *
     * @param string[] $words the command and its arguments
     * @throws Failure it is not there, or cannot be executed
     */
    public static function find(array $words): self
    {
        $name = array_shift($words);
        $candidates = strpos($name, '/') !== false ? [$name] : self::inPath($name);
        $existing = array_filter($candidates, 'file_exists');
        foreach ($existing as $candidate) {
            if (!is_dir($candidate) && is_executable($candidate)) {
                return new self($candidate, $words);
            }
        }
        if ($existing === []) {
            throw new Failure(ExitCode::NOT_FOUND, "cannot run $name: there is no such command");
        }
        $candidate = reset($existing);
        throw new Failure(ExitCode::NOT_EXECUTABLE, "cannot run $candidate: " . (is_dir($candidate) ? 'it is a directory' : 'it is not executable'));
    }

    /**
     * The same, but it is killed when this process dies, which starts it.
     *
     * @throws Failure there is no setpriv(1), or the kernel would not kill it (prctl(2), PR_SET_PDEATHSIG)
     */
    public function thatDiesWithUs(): self
    {
        if ((fileperms($this->path) & self::SET_ID) !== 0) {
            throw Failure::usage("$this->path changes its user or group when it starts, and so would live on, without the lock, when sitelock is killed; let it start sitelock instead");
        }
        // If we died before setpriv could ask for the signal, the command has another parent by now. A shell adds PWD.
        $script = (getenv('PWD') === false ? 'unset PWD; ' : '') . 'test "$PPID" = "$0" && exec "$@"';
        $words = ['setpriv', '--pdeathsig', 'KILL', '--', '/bin/sh', '-c', $script, (string) getmypid(), $this->path];
        try {
            return self::find([...$words, ...$this->arguments]);
        } catch (Failure $e) {
            throw new Failure(ExitCode::UNAVAILABLE, 'a command under this kind of lock is started through setpriv(1), which is not to be found in PATH; it is in util-linux');
        }
    }

    /** Becomes the command. Returns only if that fails: the exit code, after saying why. */
    public function execute(): int
    {
        @pcntl_exec($this->path, $this->arguments);
        if (pcntl_get_last_error() === PCNTL_ENOEXEC) {
            // A script without #!, which every shell runs as one of its own.
            @pcntl_exec('/bin/sh', [$this->path, ...$this->arguments]);
        }
        $error = pcntl_get_last_error();
        Text::say("cannot run $this->path: " . pcntl_strerror($error));
        return $error === PCNTL_ENOENT ? ExitCode::NOT_FOUND : ExitCode::NOT_EXECUTABLE;
    }

    /** @return string[] */
    private static function inPath(string $name): array
    {
        if ($name === '') {
            return [];
        }
        $path = getenv('PATH');
        return array_map(static function (string $folder) use ($name): string {
            return ($folder === '' ? '.' : $folder) . "/$name";
        }, explode(':', $path === false ? '/bin:/usr/bin' : $path));
    }
}
