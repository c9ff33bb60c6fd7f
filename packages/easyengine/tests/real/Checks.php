<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

/** What was seen in a scenario, and what of it was not as promised. */
final class Checks
{
    /** @var string[] */
    private array $failures = [];
    /** @var string[] */
    private array $seen = [];

    public function that(bool $isTrue, string $what): void
    {
        if (!$isTrue) {
            $this->failures[] = $what;
        }
    }

    /** A command ended with this status, and said this. */
    public function ended(Running $running, int $status, string ...$patterns): void
    {
        $running->wait();
        $this->that($running->status === $status, "\"$running->words\" exited with $running->status, not $status:\n$running->output");
        foreach ($patterns as $pattern) {
            $this->that((bool) preg_match($pattern, $running->output), "\"$running->words\" did not say $pattern:\n$running->output");
        }
    }

    public function didNotSay(Running $running, string $pattern): void
    {
        $this->that(!preg_match($pattern, $running->wait()->output), "\"$running->words\" said $pattern:\n$running->output");
    }

    public function saw(string $what): void
    {
        $this->seen[] = $what;
    }

    /** @return string[] */
    public function failures(): array
    {
        return $this->failures;
    }

    /** @return string[] */
    public function seen(): array
    {
        return $this->seen;
    }
}
