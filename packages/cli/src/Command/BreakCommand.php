<?php

declare(strict_types=1);

namespace Sitelock\Cli\Command;

use InvalidArgumentException;
use Sitelock\BorgLock;
use Sitelock\Cli\Address;
use Sitelock\Cli\Busy;
use Sitelock\Cli\ExitCode;
use Sitelock\Cli\LockDirectory;
use Sitelock\Cli\Text;
use Sitelock\DirectoryLock;
use Sitelock\Holder;
use Symfony\Component\Console\Helper\QuestionHelper;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Question\ConfirmationQuestion;
use ValueError;

/** Takes a lock away from owners who are dead, and with --force from those whom it has shown. */
final class BreakCommand extends LockCommand
{
    protected function configure(): void
    {
        $this
            ->setName('break')
            ->setDescription('Takes a dir: or borg: lock away from owners who are dead')
            ->addArgument('address', InputArgument::REQUIRED, self::ADDRESS)
            ->addOption('force', null, InputOption::VALUE_NONE, 'Also from those of whom it cannot be known, and from those who live')
            ->setHelp(<<<'HELP'
                Shows every owner, and whether he is dead, lives, or cannot be judged from here. Who is provably
                dead is cleared; that is always safe. With <info>--force</info> all that were shown are, after a question if
                there is a terminal to ask on. Whoever comes later keeps the lock. An owner who lives after all
                is told when he gives the lock back, but until then there are two: stop him first.

                A lock that is a PATH cannot be broken and need not be: the kernel frees it when its owner dies.
                Nor one of an engine: that frees it when its owner dies, and soon after it hears no more of him.
                HELP);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $address = Address::parse($input->getArgument('address'));
        if (!$address->canBeStale()) {
            return self::explain($address, $output);
        }
        $this->clearDead($address, $output);
        $seen = $address->lock->getHolders();
        foreach ($seen as $holder) {
            self::write($output, 'kept: ' . self::judgement($address, $holder));
        }
        if ($seen !== [] && $input->getOption('force') && $this->isSure($address, count($seen), $input, $output)) {
            foreach ($seen as $holder) {
                self::forceBreak($address, $holder, $output);
            }
            $seen = $address->lock->getHolders();
        }
        self::write($output, $seen === [] ? "$address->text is free" : "$address->text is locked by " . Busy::names($seen));
        return $seen === [] ? ExitCode::OK : ExitCode::BUSY;
    }

    private static function explain(Address $address, OutputInterface $output): int
    {
        $holders = $address->lock->getHolders();
        if ($holders === []) {
            self::write($output, "$address->text is free");
            return ExitCode::OK;
        }
        $end = $address->isInEngine() ? ', and within half a minute when the machine of that cannot be reached any more' : '';
        Text::say("$address->text is locked by " . Busy::names($holders) . "; there is nothing to break: it is free when that process ends$end");
        return ExitCode::BUSY;
    }

    private function clearDead(Address $address, OutputInterface $output): void
    {
        $before = LockDirectory::owners($address->lock->getPath());
        if (!self::breakable($address)->breakStale()) {
            return;
        }
        $dead = array_diff_key($before, LockDirectory::owners($address->lock->getPath()));
        foreach ($dead as $owner) {
            self::write($output, "cleared: $owner: dead, for nobody keeps his record locked");
        }
        if ($dead === []) {
            self::write($output, 'cleared: what dead owners had left');
        }
    }

    private static function judgement(Address $address, Holder $holder): string
    {
        if (!$holder->isAlive()) {
            return "$holder: cannot be judged from here, and so counts as alive";
        }
        return "$holder: lives, for " . ($address->lock instanceof DirectoryLock || $holder->getPid() === null ? 'his record is locked' : 'there is such a process');
    }

    private static function forceBreak(Address $address, Holder $holder, OutputInterface $output): void
    {
        try {
            self::breakable($address)->forceBreak($holder);
            self::write($output, "broken: $holder");
        } catch (ValueError | InvalidArgumentException $e) {
            // A file that is no record of an owner, or an owner whose record is not for our eyes.
            self::write($output, "kept: $holder: there is no record of an owner that could be taken away; look for it in {$address->lock->getPath()}, and remove it by hand");
        }
    }

    private function isSure(Address $address, int $count, InputInterface $input, OutputInterface $output): bool
    {
        if (!$input->isInteractive()) {
            return true;
        }
        $whom = $count === 1 ? 'this owner' : "these $count owners";
        $question = new ConfirmationQuestion("Take $address->text away from $whom? [y/N] ", false);
        return (new QuestionHelper())->ask($input, $output, $question);
    }

    /** @return DirectoryLock|BorgLock */
    private static function breakable(Address $address)
    {
        return $address->lock;
    }

    private static function write(OutputInterface $output, string $line): void
    {
        $output->writeln(Text::visible($line), OutputInterface::OUTPUT_RAW);
    }
}
