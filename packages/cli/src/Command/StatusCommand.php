<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use Sitelock\Cli\Address;
use Sitelock\Cli\ExitCode;
use Sitelock\Cli\LocalLocks;
use Sitelock\Cli\LockState;
use Sitelock\Cli\Text;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/** Who has locks, who waits for them, who left them half done. Takes none. */
final class StatusCommand extends LockCommand
{
    protected function configure(): void
    {
        $this
            ->setName('status')
            ->setDescription('Shows who has a lock, how many wait for it, and who abandoned it')
            ->addArgument('address', InputArgument::IS_ARRAY, self::ADDRESS . '; without one, all that are held on this machine')
            ->addOption('json', null, InputOption::VALUE_NONE, 'For programs: one object for each lock')
            ->setHelp(<<<'HELP'
                Takes no lock and changes nothing. Exits with 0 if all the locks named are free, and with 75 if
                one is held. Without an address it shows every lock of sitelock that is held on this machine, as
                far as this user may see it, and exits with 0.
                HELP);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $named = array_map([Address::class, 'parse'], $input->getArgument('address'));
        $local = $named === [] ? LocalLocks::find() : null;
        $states = array_map([LockState::class, 'of'], $named ?: array_map([Address::class, 'parse'], $local->addresses()));
        if ($local !== null) {
            $states = array_filter($states, static function (LockState $state): bool {
                return $state->isHeld();
            });
        }
        $unseen = $local === null ? 0 : $local->unseen();
        $input->getOption('json') ? self::writeJson($states, $unseen, $output) : self::writeTable($states, $unseen, $output);
        return $named === [] ? ExitCode::OK : self::exitCode($states);
    }

    /** @param LockState[] $states */
    private static function exitCode(array $states): int
    {
        $codes = array_map(static function (LockState $state): int {
            return $state->isHeld() ? ExitCode::BUSY : ($state->error() === null ? ExitCode::OK : ExitCode::SYSTEM);
        }, $states);
        return in_array(ExitCode::SYSTEM, $codes, true) ? ExitCode::SYSTEM : max($codes);
    }

    /** @param LockState[] $states */
    private static function writeJson(array $states, int $unseen, OutputInterface $output): void
    {
        $locks = array_map(static function (LockState $state): array {
            return $state->toArray();
        }, array_values($states));
        $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE;
        $output->writeln(json_encode(['locks' => $locks, 'unseen_processes' => $unseen], $flags), OutputInterface::OUTPUT_RAW);
    }

    /** @param LockState[] $states */
    private static function writeTable(array $states, int $unseen, OutputInterface $output): void
    {
        $rows = [['lock', 'state', 'waiting', 'who']];
        foreach ($states as $state) {
            array_push($rows, ...$state->rows());
        }
        $lines = $states === [] ? ['no lock is held'] : self::aligned($rows);
        $output->writeln($lines, OutputInterface::OUTPUT_RAW);
        if ($unseen > 0) {
            $who = posix_geteuid() === 0 ? '' : '; root sees more';
            Text::say(sprintf('%d process%s could not be looked at%s', $unseen, $unseen > 1 ? 'es' : '', $who));
        }
    }

    /**
     * @param string[][] $rows
     * @return string[] lines in which all columns but the last have their place
     */
    private static function aligned(array $rows): array
    {
        $widths = array_fill(0, count($rows[0]), 0);
        foreach ($rows as $number => $row) {
            $rows[$number] = array_map([Text::class, 'visible'], $row);
            $widths = array_map('max', $widths, array_map([Text::class, 'width'], $rows[$number]));
        }
        return array_map(static function (array $row) use ($widths): string {
            $line = '';
            foreach ($row as $column => $cell) {
                $line .= $cell . str_repeat(' ', $widths[$column] - Text::width($cell) + 1);
            }
            return rtrim($line);
        }, $rows);
    }
}
