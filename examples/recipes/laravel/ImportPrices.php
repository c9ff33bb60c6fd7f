<?php

// app/Console/Commands/ImportPrices.php

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Sitelock\FileLock;

final class ImportPrices extends Command
{
    protected $signature = 'shop:import-prices';

    protected $description = 'Imports the price list';

    public static function lock(): FileLock
    {
        return new FileLock(storage_path('app/import-prices.lock'), 'import of prices');
    }

    public function handle(): int
    {
        $lock = self::lock();
        if (!$lock->acquire()) {
            foreach ($lock->getHolders() as $holder) {
                $this->error("busy: $holder");
            }
            return 75;
        }
        foreach ($lock->getAbandonedBy() as $dead) {
            $this->warn("starting over after $dead");
        }

        // The work. It starts with an empty table each time, and only a whole one gets the name.
        $new = fopen(storage_path('app/prices.new'), 'w');
        foreach (file(storage_path('app/prices.csv')) as $line) {
            fwrite($new, strtolower($line));
        }
        rename(storage_path('app/prices.new'), storage_path('app/prices'));

        $lock->markConsistent();
        $this->info('imported');

        return self::SUCCESS;
    }
}
