"""What can change: the waist of the house. Frozen operations, each holding both its ends.

Above are those who make operations (the diff, ``op`` in scripts), below those who use them (dialects, renderer,
replay). One more operation is one more class here, a function in ``op`` and a printer in ``render``.
"""

from .base import Description as Description
from .base import Incomplete as Incomplete
from .base import ObjectOperation as ObjectOperation
from .base import Operation as Operation
from .base import referable as referable
from .columns import CHANGEABLE as CHANGEABLE
from .columns import AddColumn as AddColumn
from .columns import AlterColumn as AlterColumn
from .columns import DropColumn as DropColumn
from .columns import RenameColumn as RenameColumn
from .columns import column_stands_on as column_stands_on
from .constraints import AddConstraint as AddConstraint
from .constraints import DropConstraint as DropConstraint
from .constraints import default_name as default_name
from .constraints import find_constraint as find_constraint
from .constraints import stands_on as stands_on
from .indexes import CreateIndex as CreateIndex
from .indexes import DropIndex as DropIndex
from .indexes import RenameIndex as RenameIndex
from .known import Known as Known
from .statements import BulkInsert as BulkInsert
from .statements import Execute as Execute
from .statements import FillColumn as FillColumn
from .statements import FillTable as FillTable
from .tables import AlterTable as AlterTable
from .tables import CreateTable as CreateTable
from .tables import DropTable as DropTable
from .tables import RenameTable as RenameTable
