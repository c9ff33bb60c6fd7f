<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use DateTimeImmutable;

/** An owner as a record names it. Its words are whatever somebody could write into that file. */
final class Owner
{
    private const KILLED = 'killed or crashed';

    /** null: of another pid namespace, where the number means somebody else. */
    private ?int $pid;
    /** @var array<string, string> as in the record: since, until, host, user, command, label, end */
    private array $words = [];

    public function __construct(int $pid, string $pidNamespace)
    {
        $this->pid = @readlink('/proc/self/ns/pid') === "pid:[$pidNamespace]" ? $pid : null;
    }

    public function note(string $key, string $value): void
    {
        $this->words[$key] = Text::visible($value);
    }

    /** The same one, of whom nobody has written yet how it ended. */
    public function endedBadly(): self
    {
        $this->words += ['end' => self::KILLED];
        return $this;
    }

    /** @return array<string, mixed> for --json */
    public function toArray(): array
    {
        return [
            'pid' => $this->pid,
            'host' => $this->word('host'),
            'user' => $this->word('user'),
            'command' => $this->word('command'),
            'label' => $this->word('label'),
            'since' => $this->time('since'),
            'end' => $this->word('end'),
            'until' => $this->time('until'),
            'sentence' => (string) $this,
        ];
    }

    /** In the words of Sitelock\Holder. */
    public function __toString(): string
    {
        $sentence = $this->pid === null ? 'a process that cannot be seen from here' : "pid $this->pid";
        $details = array_filter([
            implode('@', array_filter([$this->word('user'), $this->word('host')], 'strlen')),
            $this->word('command') === '' ? '' : '"' . $this->word('command') . '"',
            $this->word('label'),
        ], 'strlen');
        $sentence .= $details === [] ? '' : ' (' . implode(', ', $details) . ')';
        $sentence .= $this->word('end') === '' ? '' : ", {$this->word('end')}";
        $until = $this->time('until');
        if ($until === null) {
            return $sentence;
        }
        // Who was killed could not say when: the time is when it was found.
        return $sentence . ($this->word('end') === self::KILLED ? ' before ' : ' at ') . date('Y-m-d H:i', (int) $until);
    }

    private function word(string $key): string
    {
        return $this->words[$key] ?? '';
    }

    private function time(string $key): ?float
    {
        $time = DateTimeImmutable::createFromFormat('Y-m-d\TH:i:s.uP', $this->word($key));
        return $time === false ? null : (float) $time->format('U.u');
    }
}
